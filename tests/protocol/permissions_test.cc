// Every command of the table x every role x prefixes: who is refused, and that nothing has changed then.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "protocol/access.h"
#include "protocol/command_syntax.h"
#include "tests/protocol/session_world.h"

namespace holdfast {
namespace {

struct Things {
  std::string sku, hold;
};

void add_words(std::span<const Argument> arguments, const Things& things, std::vector<std::string>& words) {
  static const std::map<std::string, std::string> values{
      {"on_hand", "5"}, {"delta", "1"}, {"qty", "1"},   {"cart", "cart"}, {"ms", "1000"},
      {"s", "1"},       {"token", "1"}, {"index", "0"}, {"cursor", "0"},  {"password", "pw"}};
  for (const Argument& argument : arguments) {
    if (argument.optional) continue;
    if (!argument.token.empty()) words.push_back(argument.token);
    if (argument.type == Argument::Type::pure_token) continue;
    if (argument.type == Argument::Type::oneof) {
      add_words(std::span(argument.arguments).last(1), things, words);
    } else if (argument.type == Argument::Type::block) {
      add_words(argument.arguments, things, words);
    } else if (argument.name == "sku") {
      words.push_back(things.sku);
    } else if (argument.name == "id") {
      words.push_back(things.hold);
    } else {
      const auto value = values.find(argument.name);
      words.push_back(value == values.end() ? "word" : value->second);
    }
  }
}

// The shortest request that the row's syntax allows.
std::string request_of(const CommandRow& row, const Things& things) {
  const size_t bar = row.name.find('|');
  std::vector<std::string> words{std::string(row.name.substr(0, bar))};
  if (bar != std::string_view::npos) words.emplace_back(row.name.substr(bar + 1));
  const auto syntax = parse_syntax(row.syntax);
  CHECK(syntax);
  add_words(*syntax, things, words);
  while (!arity_fits(row, words.size())) words.emplace_back("word");  // one of several options is not optional
  std::string request;
  for (const std::string& word : words) request += word + " ";
  return request + "\r\n";
}

std::vector<const CommandRow*> all_rows() {
  std::vector<const CommandRow*> rows;
  for (const CommandRow& row : command_table()) {
    if (row.subcommands.empty() || row.name == "command") rows.push_back(&row);
    for (const CommandRow& sub : row.subcommands) rows.push_back(&sub);
  }
  return rows;
}

std::string names_needing(Roles role) {
  std::string names;
  for (const CommandRow* row : all_rows()) {
    if (role_needed(*row) == role) names.append(names.empty() ? "" : " ").append(row->name);
  }
  return names;
}

bool names_stock(const CommandRow& row) {
  const std::string syntax = " " + std::string(row.syntax) + " ";
  return row.read && (syntax.find(" sku ") != std::string::npos || syntax.starts_with(" id "));
}

TEST(Permissions, TheTableSaysWhatEachRoleMayDo) {
  EXPECT_EQ(names_needing(role::checkout), "amend commit extend lock release relock reserve revoke unlock");
  EXPECT_EQ(names_needing(role::stock), "delstock policy restock setstock");
  EXPECT_EQ(names_needing(role::admin),
            "acl|list acl|load acl|log client|kill client|list client|no-evict config|get config|resetstat config|set "
            "latency|histogram latency|history latency|latest latency|reset module|list shutdown slowlog|get "
            "slowlog|len slowlog|reset snapshot");
}

class Matrix : public testing::Test {
 protected:
  void SetUp() override { testing::internal::CaptureStdout(); }
  void TearDown() override {
    const std::string log = testing::internal::GetCapturedStdout();  // who was refused
    if (HasFailure()) std::cout << log;
  }

  struct Cell {
    SessionWorld world{2};
    Things in, out;
    Session* admin = nullptr;

    std::string ask(Session& session, const std::string& line) {
      session.input().append(line);
      world.run();
      return take_output(session);
    }
    std::string state() {
      std::string text;
      for (const Things* each : {&in, &out})
        text += ask(*admin, "STOCK " + each->sku + "\r\nHOLD " + each->hold + "\r\n");
      return text;
    }
    Things make(const std::string& sku) {
      ask(*admin, "SETSTOCK " + sku + " 10\r\n");
      const std::string reply = ask(*admin, "RESERVE cart ITEMS " + sku + " 2\r\n");
      return {sku, reply.substr(reply.find('$') + 5, 24)};
    }
  };

  static void check(const CommandRow& row, Roles roles, bool has_scope, bool is_inside) {
    Cell cell;
    cell.admin = &cell.world.connect();
    cell.in = cell.make("in-1");
    cell.out = cell.make("out-1");
    Session& session = cell.world.connect(1);
    User user{.name = "anna", .roles = roles, .password = {}, .scope = {}};
    if (has_scope) user.scope = std::make_shared<const SkuScope>(std::vector<std::string>{"on-", "in-"});
    session.client().user = roles == 0 ? nullptr : std::make_shared<const User>(user);

    const std::string before = cell.state();
    const std::string request = request_of(row, is_inside ? cell.in : cell.out);
    const std::string reply = cell.ask(session, request);
    const std::string shown = request + " by " + (roles == 0 ? "nobody" : user_line(user)) + ": " + reply;

    const bool may_login = (" " + std::string(row.flags) + " ").find(" no_auth ") != std::string::npos;
    const bool cart_alone = row.name == "holds" || row.name == "revoke";
    const bool right_role = (roles & role_needed(row)) != 0;
    const bool right_sku = !has_scope || (!cart_alone && (is_inside || !names_stock(row)));
    const bool refused = roles == 0 ? !may_login : !right_role || !right_sku;
    const std::string code = roles == 0 ? "-NOAUTH" : "-NOPERM";
    if (roles == 0 && row.name == "hello") return;  // is judged by what it says
    EXPECT_EQ(reply.starts_with(code), refused) << shown;
    if (refused) {
      EXPECT_EQ(cell.state(), before) << shown;
    } else if (row.read) {
      EXPECT_FALSE(reply.starts_with("-ERR")) << shown << "the request tests nothing";
    }
  }
};

TEST_F(Matrix, IsKeptForEveryCommand) {
  for (const CommandRow* row : all_rows()) {
    for (const int roles :
         {0, int{role::read}, role::checkout | role::read, role::stock | role::read, int{role::all}}) {
      check(*row, static_cast<Roles>(roles), false, true);
      if (roles == 0) continue;
      check(*row, static_cast<Roles>(roles), true, true);
      check(*row, static_cast<Roles>(roles), true, false);
    }
  }
}

class Scope : public Matrix {
 protected:
  Scope() {
    cell_.admin = &cell_.world.connect();
    cell_.in = cell_.make("in-1");
    cell_.out = cell_.make("out-1");
    session_.client().user =
        std::make_shared<const User>(User{.name = "anna",
                                          .roles = role::checkout | role::read,
                                          .password = {},
                                          .scope = std::make_shared<const SkuScope>(std::vector<std::string>{"in-"})});
  }
  std::string ask(const std::string& line) { return cell_.ask(session_, line + "\r\n"); }

  Cell cell_;
  Session& session_ = cell_.world.connect();
  const std::string no_key_ = "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
};

TEST_F(Scope, IsJudgedForEverySkuOfARequest) {
  EXPECT_EQ(ask("RESERVE c ITEMS in-1 1 out-1 1"), no_key_);
  EXPECT_EQ(ask("MSTOCK in-1 out-1"), no_key_);
  EXPECT_EQ(ask("RESERVE c ITEMS nowhere 1"), no_key_) << "before -NOSKU";
  EXPECT_EQ(ask("RESERVE c KEY k ITEMS out-1 1"), no_key_);
}

TEST_F(Scope, IsJudgedForEverySkuOfAHold) {
  const std::string reply = cell_.ask(*cell_.admin, "RESERVE c ITEMS in-1 1 out-1 1\r\n");
  const std::string both = reply.substr(reply.find('$') + 5, 24);
  const std::string before = cell_.state();
  for (const char* request : {"COMMIT ", "RELEASE ", "HOLD "}) EXPECT_EQ(ask(request + both), no_key_);
  EXPECT_EQ(ask("COMMIT " + both + " ITEMS in-1 1"), no_key_);
  EXPECT_EQ(ask("EXTEND " + both + " EX 5"), no_key_);
  EXPECT_EQ(ask("AMEND " + both + " ITEMS in-1 1"), no_key_);
  EXPECT_EQ(ask("AMEND " + cell_.in.hold + " ITEMS in-1 1 out-1 1"), no_key_);
  EXPECT_EQ(cell_.state(), before);
  EXPECT_EQ(ask("AMEND " + cell_.in.hold + " ITEMS in-1 1").substr(0, 4), "*2\r\n");
}

TEST_F(Scope, ComesAfterNoholdAndBeforeTheStateOfAHold) {
  const std::string nobodys = "44HHU76CCQAAAAAAAD5ZB3SG";
  EXPECT_EQ(ask("COMMIT " + nobodys), "-NOHOLD id=" + nobodys + "\r\n");
  EXPECT_EQ(ask("COMMIT x"), "-NOHOLD id=x\r\n");
  EXPECT_EQ(ask("AMEND " + nobodys + " ITEMS out-1 1"), "-NOHOLD id=" + nobodys + "\r\n");
  cell_.ask(*cell_.admin, "COMMIT " + cell_.out.hold + " REF r\r\n");
  EXPECT_EQ(ask("COMMIT " + cell_.out.hold), no_key_);
  EXPECT_EQ(ask("RELEASE " + cell_.out.hold), no_key_);
  EXPECT_EQ(ask("COMMIT " + cell_.out.hold + " ITEMS"), "-ERR ITEMS must be followed by pairs of sku and quantity\r\n");
}

TEST_F(Scope, ARoleThatMayNotHearsSoAfterNohold) {
  session_.client().user =
      std::make_shared<const User>(User{.name = "bob", .roles = role::read, .password = {}, .scope = {}});
  EXPECT_EQ(ask("COMMIT x"), "-NOHOLD id=x\r\n");
  EXPECT_EQ(ask("COMMIT " + cell_.in.hold), "-NOPERM this user has no permissions to run the 'commit' command\r\n");
  cell_.ask(*cell_.admin, "RELEASE " + cell_.in.hold + "\r\n");
  EXPECT_EQ(ask("COMMIT " + cell_.in.hold), "-NOPERM this user has no permissions to run the 'commit' command\r\n");
}

TEST_F(Scope, OfALockDoesNotExist) {
  EXPECT_EQ(ask("LOCK out-1 EX 5").substr(0, 4), "*2\r\n");
}

}  // namespace
}  // namespace holdfast
