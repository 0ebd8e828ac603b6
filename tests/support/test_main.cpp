// The one main file of every test executable.
#define BOOST_TEST_MODULE parlour
#include <boost/test/unit_test.hpp>
