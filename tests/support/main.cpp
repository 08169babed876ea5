// main() of every test program: GoogleTest, and an end without servers and files left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "support/backends.hpp"
#include "support/cluster.hpp"

namespace {

class Databases : public testing::Environment {
 public:
  void TearDown() override {
    // A server of our own goes as a whole.
    if (std::getenv("DORM_TEST_PG_URL") != nullptr) dorm::test::remove_databases();
    dorm::test::stop_cluster();
  }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  testing::AddGlobalTestEnvironment(new Databases);  // GoogleTest deletes it
  return RUN_ALL_TESTS();
}
