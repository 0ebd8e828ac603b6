#pragma once

#include <google/protobuf/util/message_differencer.h>

#include <boost/test/unit_test.hpp>

#include <utility>
#include <vector>

#include "commands/decider.hpp"

// Given{history}.when(command).then(events): how a test of an aggregate reads.
namespace test_support {

template <commands::Decider A>
class Outcome {
  public:
    explicit Outcome(commands::Decision<A> decision) : decision_(std::move(decision)) {}

    void then(const std::vector<typename A::Event>& expected) const {
        BOOST_TEST_REQUIRE(decision_.has_value(), "the command was rejected");
        BOOST_TEST_REQUIRE(decision_->size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            BOOST_TEST(
                google::protobuf::util::MessageDifferencer::Equals((*decision_)[i], expected[i]),
                (*decision_)[i].ShortDebugString() << " is not " << expected[i].ShortDebugString());
        }
    }
    void then_nothing() const { then({}); }
    void then_rejected(typename A::Rejection expected) const {
        BOOST_TEST_REQUIRE(!decision_.has_value(), "the command was accepted");
        BOOST_TEST((decision_.error() == expected),
                   "rejected as " << A::describe(decision_.error()).code);
        BOOST_TEST(!A::describe(expected).detail.empty());
    }

  private:
    commands::Decision<A> decision_;
};

template <commands::Decider A>
class Given {
  public:
    Given() = default;
    explicit Given(const std::vector<typename A::Event>& history)
        : state_(commands::fold<A>(history)) {}

    Outcome<A> when(typename A::Command command, const commands::Context& context = {}) const {
        return Outcome<A>(A::decide(state_, command, context));
    }

  private:
    typename A::State state_;
};

}  // namespace test_support
