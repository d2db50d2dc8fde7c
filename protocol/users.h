// What it is: who may log in, and what each may do: a table of users that never changes; a new one takes its place.
// It comes out of `requirepass` and of the file of `users`, a line a user:
//   user <name> <role>[,<role>...] <hash>|nopass [<SKU prefix> ...]
// Words are quoted as in a request; a line that begins with # says nothing. Without prefixes every SKU may be touched.
// Who does not log in is the user `default`: without a password unless requirepass or a line of the file gives it one,
// and nobody at all where there is a file that says nothing of it.
// Threads: never changes, so all may share one.
// Limits: a file of 1 MiB.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/sku_scope.h"
#include "protocol/password.h"

namespace holdfast {

// Bits: a user has one or several. read is in all of them, and all are in admin.
using Roles = uint8_t;
namespace role {
inline constexpr Roles read = 1;
inline constexpr Roles checkout = 2;
inline constexpr Roles stock = 4;
inline constexpr Roles admin = 8;
inline constexpr Roles all = read | checkout | stock | admin;
}  // namespace role

// Who does not log in, and who logs in with a password alone.
inline constexpr std::string_view default_user = "default";

struct User {
  std::string name;
  Roles roles = role::all;
  std::optional<PasswordHash> password;   // none: any will do
  std::shared_ptr<const SkuScope> scope;  // null: every SKU

  bool may_do_everything() const { return roles == role::all && !scope; }
};
using UserPointer = std::shared_ptr<const User>;

class UserTable {
 public:
  // Without users: everybody is `default` and may do everything.
  UserTable();

  // What is wrong, or none. `file` is the text of the users' file, none where there is no file.
  static std::optional<std::string> read(const std::string* file, std::string_view requirepass,
                                         std::shared_ptr<const UserTable>& table);

  // The same of the file at `path`; without a file where that is empty.
  static std::optional<std::string> load(const std::string& path, std::string_view requirepass,
                                         std::shared_ptr<const UserTable>& table);

  UserPointer find(std::string_view name) const;  // null: there is none
  // Who a connection is that has not logged in; null: nobody.
  UserPointer initial() const;
  const std::map<std::string, UserPointer, std::less<>>& users() const { return users_; }

 private:
  std::optional<std::string> add_line(std::string_view line);
  void add(User user);

  std::map<std::string, UserPointer, std::less<>> users_;
};

// As ACL LIST shows it, in Redis's manner; no secret is in it.
std::string user_line(const User& user);

}  // namespace holdfast
