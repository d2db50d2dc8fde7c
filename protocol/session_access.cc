// Who may have what: a session's commands before and after they are read, and what is told to whom may not.
#include <utility>

#include "engine/hold_id.h"
#include "protocol/admission.h"
#include "protocol/client_command.h"
#include "protocol/session.h"

namespace holdfast {

bool Session::admits(const CommandRow& row) {
  if (may_do_everything()) [[likely]]
    return true;
  const Access access = judge_command(client_.user.get(), row);
  if (access.denial == Denial::none) return true;
  if (client_.reply_mode == ReplyMode::skip_next) client_.reply_mode = ReplyMode::skip_this;
  monitor_.reject(row);
  fail(deny(access.denial, access.object, row));
  end_command();
  return false;
}

// -ERR comes first, then -NOAUTH, -NOHOLD and -NOPERM.
ReadError Session::judge(const CommandRow& row, Journey& journey, ReadError error) {
  if (error && (client_.user || error->starts_with("ERR "))) return error;
  const Access access = judge_journey(client_.user.get(), row, journey);
  if (access.denial == Denial::none) return error;
  return deny(access.denial, access.object, row);
}

std::string Session::deny(Denial denial, std::string_view object, const CommandRow& row) {
  if (denial != Denial::login) {
    host_.services().security_log().record(
        {.reason = denial == Denial::sku ? SecurityReason::key : SecurityReason::command,
         .object = std::string(denial == Denial::sku ? object : row.name),
         .username = client_.user->name,
         .address = client_.address,
         .client = client_line(client_, host_.now())},
        host_.now());
  }
  return denial_text(denial, row);
}

// The home of a hold tells only that it is not permitted.
void Session::render(const CommandRow& row, const Journey& journey, RespWriter& out) {
  if (journey.reply.refusal.error != Error::no_permission) [[likely]]
    return row.render(journey, out);
  const bool may_run = judge_command(client_.user.get(), row).denial == Denial::none;
  const auto id = to_text(journey.id);
  out.error(deny(may_run ? Denial::sku : Denial::command, {id.data(), id.size()}, row));
}

// Nothing after it is executed before it is known who asks.
void Session::wait_for_login(const CommandRow& row) {
  Slot& place = add_slot();
  place.done = false;
  place.muted = muted();
  place.row = &row;
  waiting_ = true;
  host_.services().check_login(client_);
}

}  // namespace holdfast
