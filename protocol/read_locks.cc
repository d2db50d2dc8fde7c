#include "protocol/read_locks.h"

#include "protocol/arguments.h"

namespace holdfast {
namespace {

ReadError read_name(Verb verb, std::string_view name, const Services& services, Journey& journey) {
  if (ReadError error = check_name(name, "name")) return error;
  journey.verb = verb;
  Item& item = journey.items.emplace_back();
  item.sku = name;
  item.hash = services.hasher().lock(name);
  return std::nullopt;
}

// No lock has the token 0, and nothing is wrong with asking.
ReadError read_token(std::string_view text, Journey& journey) {
  return read_integer(text, "token", 0, INT64_MAX, journey.amount);
}

// EX s or PX ms from args[first] on.
ReadError read_time(Args args, size_t first, std::string_view command, const Services& services, Journey& journey) {
  constexpr Option allowed[] = {Option::ex, Option::px};
  OptionReader options(args, first, allowed);
  while (!options.at_end()) {
    Option option{};
    std::string_view value;
    if (ReadError error = options.take(option)) return error;
    if (ReadError error = options.take_value(value)) return error;
    if (ReadError error = read_ttl(option, value, command, services.settings().max_ttl_us, journey.ttl_us))
      return error;
  }
  return std::nullopt;
}

}  // namespace

ReadError read_lock(Args args, const Services& services, Journey& journey) {
  if (ReadError error = read_name(Verb::lock, args[1], services, journey)) return error;
  return read_time(args, 2, "lock", services, journey);
}

ReadError read_relock(Args args, const Services& services, Journey& journey) {
  if (ReadError error = read_name(Verb::relock, args[1], services, journey)) return error;
  if (ReadError error = read_token(args[2], journey)) return error;
  return read_time(args, 3, "relock", services, journey);
}

ReadError read_unlock(Args args, const Services& services, Journey& journey) {
  if (ReadError error = read_name(Verb::unlock, args[1], services, journey)) return error;
  return read_token(args[2], journey);
}

}  // namespace holdfast
