// What it is: AUTH and HELLO: who a connection is. A password is not checked where the command runs: the connection
// waits (Client::login), and finish_login answers.
// Threads: the connection's shard's. Limits: most_failed_logins on one connection, then it is closed.
#pragma once

#include "protocol/subcommands.h"

namespace holdfast {

inline constexpr int most_failed_logins = 5;

TourPointer run_auth(Args args, Client& client, Services& services, RespWriter& out);
TourPointer run_hello(Args args, Client& client, Services& services, RespWriter& out);

// The answer to the client's login. REQUIRES: client.login.
void finish_login(Client& client, LoginOutcome outcome, Services& services, RespWriter& out);

}  // namespace holdfast
