#include "schemas/envelope.hpp"

#include <google/protobuf/descriptor.h>

#include <array>

#include "parlour/account/v1/events.pb.h"
#include "parlour/company/v1/events.pb.h"
#include "parlour/conversation/v1/events.pb.h"
#include "parlour/expert/v1/events.pb.h"
#include "parlour/invitation/v1/events.pb.h"
#include "parlour/mail/v1/events.pb.h"
#include "parlour/presence/v1/events.pb.h"
#include "parlour/reservation/v1/events.pb.h"
#include "parlour/session/v1/events.pb.h"
#include "parlour/totals/v1/events.pb.h"
#include "parlour/visitor/v1/events.pb.h"
#include "parlour/widget/v1/events.pb.h"

namespace schemas {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::array kAllKinds{parlour::log::v1::STREAM_KIND_COMPANY,
                               parlour::log::v1::STREAM_KIND_EXPERT,
                               parlour::log::v1::STREAM_KIND_VISITOR,
                               parlour::log::v1::STREAM_KIND_CONVERSATION,
                               parlour::log::v1::STREAM_KIND_ACCOUNT,
                               parlour::log::v1::STREAM_KIND_RESERVATION,
                               parlour::log::v1::STREAM_KIND_SESSION,
                               parlour::log::v1::STREAM_KIND_WIDGET,
                               parlour::log::v1::STREAM_KIND_MAIL,
                               parlour::log::v1::STREAM_KIND_PRESENCE,
                               parlour::log::v1::STREAM_KIND_INVITATION,
                               parlour::log::v1::STREAM_KIND_TOTALS};

const FieldDescriptor* set_event(const Message& envelope) {
    const auto* descriptor = envelope.GetDescriptor();
    if (descriptor->oneof_decl_count() == 0) return nullptr;
    return envelope.GetReflection()->GetOneofFieldDescriptor(envelope, descriptor->oneof_decl(0));
}

}  // namespace

std::unique_ptr<Message> new_envelope(StreamKind kind) {
    switch (kind) {
        case parlour::log::v1::STREAM_KIND_COMPANY:
            return std::make_unique<parlour::company::v1::CompanyEvent>();
        case parlour::log::v1::STREAM_KIND_EXPERT:
            return std::make_unique<parlour::expert::v1::ExpertEvent>();
        case parlour::log::v1::STREAM_KIND_VISITOR:
            return std::make_unique<parlour::visitor::v1::VisitorEvent>();
        case parlour::log::v1::STREAM_KIND_CONVERSATION:
            return std::make_unique<parlour::conversation::v1::ConversationEvent>();
        case parlour::log::v1::STREAM_KIND_ACCOUNT:
            return std::make_unique<parlour::account::v1::AccountEvent>();
        case parlour::log::v1::STREAM_KIND_RESERVATION:
            return std::make_unique<parlour::reservation::v1::ReservationEvent>();
        case parlour::log::v1::STREAM_KIND_SESSION:
            return std::make_unique<parlour::session::v1::SessionEvent>();
        case parlour::log::v1::STREAM_KIND_WIDGET:
            return std::make_unique<parlour::widget::v1::WidgetEvent>();
        case parlour::log::v1::STREAM_KIND_MAIL:
            return std::make_unique<parlour::mail::v1::MailEvent>();
        case parlour::log::v1::STREAM_KIND_PRESENCE:
            return std::make_unique<parlour::presence::v1::PresenceEvent>();
        case parlour::log::v1::STREAM_KIND_INVITATION:
            return std::make_unique<parlour::invitation::v1::InvitationEvent>();
        case parlour::log::v1::STREAM_KIND_TOTALS:
            return std::make_unique<parlour::totals::v1::TotalsEvent>();
        case parlour::log::v1::STREAM_KIND_UNSPECIFIED:
        case parlour::log::v1::StreamKind_INT_MIN_SENTINEL_DO_NOT_USE_:
        case parlour::log::v1::StreamKind_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return nullptr;
}

const Message* event_of(const Message& envelope) {
    const auto* field = set_event(envelope);
    return field == nullptr ? nullptr : &envelope.GetReflection()->GetMessage(envelope, field);
}

int event_type_of(const Message& envelope) {
    const auto* field = set_event(envelope);
    return field == nullptr ? 0 : field->number();
}

std::string_view tag_of(StreamKind kind) {
    switch (kind) {
        case parlour::log::v1::STREAM_KIND_COMPANY:
            return "cmp";
        case parlour::log::v1::STREAM_KIND_EXPERT:
            return "exp";
        case parlour::log::v1::STREAM_KIND_VISITOR:
            return "vis";
        case parlour::log::v1::STREAM_KIND_CONVERSATION:
            return "cnv";
        case parlour::log::v1::STREAM_KIND_ACCOUNT:
            return "acc";
        case parlour::log::v1::STREAM_KIND_RESERVATION:
            return "rsv";
        case parlour::log::v1::STREAM_KIND_SESSION:
            return "ses";
        case parlour::log::v1::STREAM_KIND_WIDGET:
            return "wgt";
        case parlour::log::v1::STREAM_KIND_MAIL:
            return "mai";
        case parlour::log::v1::STREAM_KIND_PRESENCE:
            return "prs";
        case parlour::log::v1::STREAM_KIND_INVITATION:
            return "inv";
        case parlour::log::v1::STREAM_KIND_TOTALS:
            return "tot";
        case parlour::log::v1::STREAM_KIND_UNSPECIFIED:
        case parlour::log::v1::StreamKind_INT_MIN_SENTINEL_DO_NOT_USE_:
        case parlour::log::v1::StreamKind_INT_MAX_SENTINEL_DO_NOT_USE_:
            break;
    }
    return "";
}

StreamKind kind_of_tag(std::string_view tag) {
    for (const auto kind : kAllKinds) {
        if (tag_of(kind) == tag) return kind;
    }
    return parlour::log::v1::STREAM_KIND_UNSPECIFIED;
}

}  // namespace schemas
