#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "protocol/users.h"
#include "tools/cli/hash_password.h"

namespace holdfast::cli {
namespace {

TEST(CliHashPassword, MakesALineThatTheServerTakes) {
  const std::array<std::string_view, 4> words{"anna", "checkout,stock", "PS5-", "two \"words\""};
  std::string error;
  const std::string line = user_file_line(words, "correct horse", error);
  EXPECT_EQ(line.find("correct"), std::string::npos);
  std::shared_ptr<const UserTable> table;
  ASSERT_EQ(UserTable::read(&line, "", table).value_or(""), "") << line;
  const UserPointer anna = table->find("anna");
  ASSERT_TRUE(anna && anna->password && anna->scope);
  EXPECT_TRUE(password_matches(*anna->password, "correct horse"));
  EXPECT_EQ(anna->roles, role::checkout | role::stock | role::read);
  EXPECT_EQ(anna->scope->prefixes(), (std::vector<std::string>{"PS5-", "two \"words\""}));
}

TEST(CliHashPassword, RefusesWhatTheServerWouldNotTake) {
  std::string error;
  EXPECT_EQ(user_file_line(std::array<std::string_view, 2>{"anna", "root"}, "x", error), "");
  EXPECT_EQ(error, "a role is one of read, checkout, stock, admin");
  EXPECT_EQ(user_file_line(std::array<std::string_view, 1>{"anna"}, "x", error), "");
  EXPECT_EQ(error, "it is hash-password <user> <role>[,<role>...] [<SKU prefix> ...]");
  EXPECT_EQ(user_file_line(std::array<std::string_view, 2>{"an\nuser bob", "admin"}, "x", error), "");
}

}  // namespace
}  // namespace holdfast::cli
