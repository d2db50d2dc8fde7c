#include "protocol/users.h"

#include <gtest/gtest.h>

#include <fstream>

namespace holdfast {
namespace {

std::shared_ptr<const UserTable> table_of(const std::string& file, std::string_view requirepass = "") {
  std::shared_ptr<const UserTable> table;
  const auto wrong = UserTable::read(&file, requirepass, table);
  EXPECT_EQ(wrong.value_or(""), "");
  return table;
}

std::string wrong_with(const std::string& file, std::string_view requirepass = "") {
  std::shared_ptr<const UserTable> table;
  const auto wrong = UserTable::read(&file, requirepass, table);
  EXPECT_EQ(wrong.has_value(), table == nullptr);
  return wrong.value_or("nothing");
}

std::string hash_of(std::string_view password) {
  return to_text(hash_password(password, least_password_cost));
}

TEST(Password, IsKnownAgainByItsHash) {
  const PasswordHash hash = hash_password("correct horse", least_password_cost);
  EXPECT_TRUE(password_matches(hash, "correct horse"));
  EXPECT_FALSE(password_matches(hash, "correct horsf"));
  EXPECT_FALSE(password_matches(hash, ""));
  EXPECT_NE(hash.key, hash_password("correct horse", least_password_cost).key) << "each has a salt of its own";
}

TEST(Password, ItsTextReadsBackAsTheSameHash) {
  const PasswordHash hash = hash_password(std::string_view("a\0b\r\n", 5));
  const auto read = parse_password_hash(to_text(hash));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, hash);
  EXPECT_TRUE(password_matches(*read, std::string_view("a\0b\r\n", 5)));
}

TEST(Password, KeysAreThoseOfScrypt) {  // RFC 7914, section 12
  const auto hash = parse_password_hash(
      "scrypt:16384:8:1:536f6469756d43686c6f72696465:"
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
      "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(password_matches(*hash, "pleaseletmein"));
}

TEST(Password, AHashThatIsNoneOrCostsTooMuchIsNotRead) {
  const std::string salt = "00112233445566778899aabbccddeeff";
  const std::string key = salt + salt;
  EXPECT_TRUE(parse_password_hash("scrypt:65536:8:1:" + salt + ":" + key));
  for (const std::string& text :
       {std::string(""), std::string("secret"), "scrypt:16384:8:1:" + salt,
        "scrypt:16384:8:1:" + salt + ":" + key + ":", "bcrypt:16384:8:1:" + salt + ":" + key,
        "scrypt:16383:8:1:" + salt + ":" + key, "scrypt:131072:8:1:" + salt + ":" + key,
        "scrypt:16384:8:17:" + salt + ":" + key, "scrypt:16384:0:1:" + salt + ":" + key,
        "scrypt:-2:8:1:" + salt + ":" + key, "scrypt:16384:8:1::" + key, "scrypt:16384:8:1:" + salt + ":00",
        "scrypt:16384:8:1:" + salt + ":" + key + "0", "scrypt:16384:8:1:" + salt + ":" + key.substr(1) + "g"}) {
    EXPECT_FALSE(parse_password_hash(text)) << text;
  }
}

TEST(Users, WithoutAnySettingEverybodyIsDefaultAndMayDoEverything) {
  const UserTable table;
  ASSERT_TRUE(table.initial());
  EXPECT_EQ(table.initial()->name, "default");
  EXPECT_TRUE(table.initial()->may_do_everything());
  EXPECT_EQ(user_line(*table.initial()), "user default on nopass ~* &* +@all");
}

TEST(Users, RequirepassIsThePasswordOfDefault) {
  std::shared_ptr<const UserTable> table;
  EXPECT_FALSE(UserTable::read(nullptr, "secret", table));
  EXPECT_FALSE(table->initial());
  const UserPointer user = table->find("default");
  ASSERT_TRUE(user && user->password);
  EXPECT_TRUE(password_matches(*user->password, "secret"));
  EXPECT_TRUE(user->may_do_everything());
}

TEST(Users, AFileSaysWhoMayDoWhat) {
  const auto table = table_of("# the shop's\n\nuser anna checkout " + hash_of("a") + " PS5- \"two words\"\r\n" +
                              "  user bob read,stock " + hash_of("b") + "\nuser carl admin nopass");
  EXPECT_FALSE(table->initial()) << "a file that does not say so lets nobody in without a name";
  const UserPointer anna = table->find("anna");
  ASSERT_TRUE(anna);
  EXPECT_EQ(anna->roles, role::checkout | role::read);
  ASSERT_TRUE(anna->scope);
  EXPECT_TRUE(anna->scope->admits("PS5-black"));
  EXPECT_TRUE(anna->scope->admits("two words and more"));
  EXPECT_FALSE(anna->scope->admits("PS4"));
  EXPECT_EQ(user_line(*anna), "user anna on ~PS5-* ~two words* &* -@all +@read +@checkout");
  EXPECT_EQ(user_line(*table->find("bob")), "user bob on ~* &* -@all +@read +@stock");
  EXPECT_EQ(user_line(*table->find("carl")), "user carl on nopass ~* &* +@all");
  EXPECT_FALSE(table->find("dora"));
}

TEST(Users, AFileMayLetStrangersRead) {
  const auto table = table_of("user default read nopass\nuser anna admin " + hash_of("a"));
  ASSERT_TRUE(table->initial());
  EXPECT_EQ(table->initial()->roles, role::read);
  EXPECT_FALSE(table->initial()->may_do_everything());
}

TEST(Users, BothSettingsTogetherGiveDefaultAndTheOthers) {
  const auto table = table_of("user anna admin " + hash_of("a"), "secret");
  EXPECT_TRUE(table->find("anna"));
  EXPECT_TRUE(table->find("default"));
  EXPECT_EQ(wrong_with("user default read nopass", "secret"), "the file has a user default, and requirepass is set");
}

TEST(Users, AWrongLineIsNamedAndNothingIsTaken) {
  const std::string hash = hash_of("a");
  EXPECT_EQ(wrong_with("user anna admin nopass\nuser anna read nopass\n"), "line 2: user anna is there already");
  EXPECT_EQ(wrong_with("user anna root nopass"), "line 1: a role is one of read, checkout, stock, admin");
  EXPECT_EQ(wrong_with("user anna read, nopass"), "line 1: a role is one of read, checkout, stock, admin");
  EXPECT_EQ(wrong_with("user anna read secret"),
            "line 1: has no hash as `holdfast-cli hash-password` makes it, and no nopass");
  EXPECT_EQ(wrong_with("user \"an na\" read nopass"), "line 1: a name has 1 to 255 printable characters and no blank");
  EXPECT_EQ(wrong_with("user anna read \"nopass"), "line 1: quotes that do not match, or too long");
  const std::string usage = "line 1: is not `user <name> <role>[,<role>...] <hash>|nopass [<prefix> ...]`";
  EXPECT_EQ(wrong_with("user anna read"), usage);
  EXPECT_EQ(wrong_with("usr anna read " + hash), usage);
  EXPECT_EQ(wrong_with("*1 anna read " + hash), "line 1: quotes that do not match, or too long");
}

TEST(Users, AFileThatCannotBeReadIsSaidWithItsPath) {
  std::shared_ptr<const UserTable> table;
  EXPECT_EQ(UserTable::load("/nowhere/users", "", table).value_or(""), "/nowhere/users: cannot be read");
  EXPECT_EQ(UserTable::load("/dev", "", table).value_or(""), "/dev: cannot be read");
  const std::string path = testing::TempDir() + "holdfast_users_test";
  std::ofstream(path) << "nonsense\n";
  EXPECT_TRUE(UserTable::load(path, "", table).value_or("").starts_with(path + ": line 1: "));
  std::ofstream(path) << std::string((size_t{1} << 20) + 1, '#');
  EXPECT_EQ(UserTable::load(path, "", table).value_or(""), path + ": longer than 1048576 bytes");
  EXPECT_FALSE(table);
}

}  // namespace
}  // namespace holdfast
