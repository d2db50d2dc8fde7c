// What it is: what a user may do, judged from a command's row and, for commands on stock and carts, from the SKUs that
// they name, before any effect. A row's flags say which role it needs: `admin` needs admin, `write` needs stock in the
// group "stock" and checkout in the others, and every role may do the rest; `no_auth` needs no login.
// A command that names a hold is judged at the hold's home: it carries the user's scope there (Journey::scope), and one
// that admits nothing where it is the command or its own items that are not permitted, as -NOHOLD comes before -NOPERM.
// Threads: pure functions. Time: nothing for who may do everything.
#pragma once

#include <string>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/users.h"

namespace holdfast {

bool has_flag(const CommandRow& row, std::string_view flag);

Roles role_needed(const CommandRow& row);

// Why a request is refused.
enum class Denial : uint8_t { none, login, command, sku };

struct Access {
  Denial denial = Denial::none;
  std::string_view object = {};  // the SKU
};

// A connection command or subcommand. `user`: null where nobody has logged in.
Access judge_command(const User* user, const CommandRow& row);

// A data command that has been read into `journey`.
Access judge_journey(const User* user, const CommandRow& row, Journey& journey);

// "NOPERM this user has no permissions to run the 'get' command" and its like, in Redis's words.
std::string denial_text(Denial denial, const CommandRow& row);

}  // namespace holdfast
