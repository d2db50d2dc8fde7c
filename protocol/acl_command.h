// What it is: ACL: who may do what, as the file of users says (users.h), and who tried what they may not.
// Threads: as subcommands.h says; LOAD is a tour, decided at the first shard for all.
#pragma once

#include "protocol/subcommands.h"

namespace holdfast {

std::span<const CommandRow> acl_subcommands();

// The connections of one shard go on with the user's new rights; where the user is gone or has another password, they
// are closed (`asker`'s after its answer, which this tells). Those of `default` stay as long as there is one.
bool follow_users(const UserTable& table, Reactor& reactor, uint64_t asker);

}  // namespace holdfast
