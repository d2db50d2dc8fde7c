#include "protocol/users.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "protocol/resp_parser.h"

namespace holdfast {
namespace {

constexpr size_t most_file_bytes = size_t{1} << 20;

struct NamedRole {
  std::string_view name;
  Roles roles;
};
constexpr std::array named_roles{
    NamedRole{"read", role::read},
    NamedRole{"checkout", role::checkout | role::read},
    NamedRole{"stock", role::stock | role::read},
    NamedRole{"admin", role::all},
};

std::optional<Roles> read_roles(std::string_view text) {
  Roles roles = 0;
  while (true) {
    const size_t end = std::min(text.find(','), text.size());
    const auto named = std::find_if(named_roles.begin(), named_roles.end(),
                                    [&](const NamedRole& one) { return one.name == text.substr(0, end); });
    if (named == named_roles.end()) return std::nullopt;
    roles |= named->roles;
    if (end == text.size()) return roles;
    text.remove_prefix(end + 1);
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

UserTable::UserTable() {
  add({.name = std::string(default_user), .roles = role::all, .password = {}, .scope = {}});
}

std::optional<std::string> UserTable::read(const std::string* file, std::string_view requirepass,
                                           std::shared_ptr<const UserTable>& table) {
  auto read = std::make_shared<UserTable>();
  if (file) {
    read->users_.clear();
    std::istringstream lines(*file);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (auto wrong = read->add_line(line)) return fmt::format("line {}: {}", number, *wrong);
    }
  }
  if (!requirepass.empty()) {
    if (file && read->find(default_user)) return "the file has a user default, and requirepass is set";
    User user{.name = std::string(default_user), .roles = role::all, .password = {}, .scope = {}};
    user.password = hash_password(requirepass, least_password_cost);
    read->add(std::move(user));
  }
  table = std::move(read);
  return std::nullopt;
}

std::optional<std::string> UserTable::load(const std::string& path, std::string_view requirepass,
                                           std::shared_ptr<const UserTable>& table) {
  if (path.empty()) return read(nullptr, requirepass, table);
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);  // a pipe would be waited for
  std::ifstream file(path);
  if (!is_file || !file) return fmt::format("{}: cannot be read", path);
  std::string text(most_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fmt::format("{}: cannot be read", path);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > most_file_bytes) return fmt::format("{}: longer than {} bytes", path, most_file_bytes);
  if (auto wrong = read(&text, requirepass, table)) return fmt::format("{}: {}", path, *wrong);
  return std::nullopt;
}

std::optional<std::string> UserTable::add_line(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with('#')) return std::nullopt;
  RequestParser words;
  const std::string text = std::string(line) + "\n";
  if (line.starts_with('*') || words.parse(text.data(), text.size()) != ParseStatus::complete) {
    return "quotes that do not match, or too long";
  }
  const auto args = words.args();
  if (args.empty()) return std::nullopt;
  if (args[0] != "user" || args.size() < 4)
    return "is not `user <name> <role>[,<role>...] <hash>|nopass [<prefix> ...]`";
  if (!is_name(args[1])) return "a name has 1 to 255 printable characters and no blank";
  if (users_.contains(args[1])) return fmt::format("user {} is there already", args[1]);
  User user{.name = std::string(args[1]), .roles = 0, .password = {}, .scope = {}};
  const auto roles = read_roles(args[2]);
  if (!roles) return "a role is one of read, checkout, stock, admin";
  user.roles = *roles;
  if (args[3] != "nopass") {
    user.password = parse_password_hash(args[3]);
    if (!user.password) return "has no hash as `holdfast-cli hash-password` makes it, and no nopass";
  }
  if (args.size() > 4) {
    user.scope = std::make_shared<const SkuScope>(std::vector<std::string>(args.begin() + 4, args.end()));
  }
  add(std::move(user));
  return std::nullopt;
}

void UserTable::add(User user) {
  auto added = std::make_shared<const User>(std::move(user));
  users_[added->name] = added;
}

UserPointer UserTable::find(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second;
}

UserPointer UserTable::initial() const {
  UserPointer user = find(default_user);
  return user && !user->password ? user : nullptr;
}

std::string user_line(const User& user) {
  std::string line = fmt::format("user {} on", user.name);
  if (!user.password) line += " nopass";
  if (!user.scope) line += " ~*";
  if (user.scope) {
    for (const std::string& prefix : user.scope->prefixes()) line += fmt::format(" ~{}*", prefix);
  }
  line += " &*";
  if (user.roles == role::all) return line + " +@all";
  line += " -@all +@read";
  if (user.roles & role::checkout) line += " +@checkout";
  if (user.roles & role::stock) line += " +@stock";
  return line;
}

}  // namespace holdfast
