// What it is: the expected refusals of the wire contract as values. The order of the enum is the order of the contract:
// of several reasons the one that stands first here counts, and for one code the SKU that sorts first (bytewise).
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

enum class Error : uint8_t {
  none,
  below_zero,      // -ERR: RESTOCK would leave on hand below 0
  above_limit,     // -ERR: RESTOCK would leave on hand above 2^53-1
  no_hold,         // id=
  no_permission,   // a SKU of the hold is outside the scope of who asks
  hold_committed,  // id= ref=
  hold_released,   // id=
  hold_expired,    // id=
  hold_revoked,    // id=
  exceeds,         // sku= want= held=
  idem,            // cart= key=
  no_sku,          // sku=
  paused,          // sku=
  challenge,       // sku=
  cart_revoked,    // -REVOKED cart=: REVOKE ended its wait
  limit_kind,      // kind= max= have=
  limit_sku,       // sku= max= have= want=
  version,         // sku= want= have=  (SETSTOCK, RESTOCK, DELSTOCK: have= only where the SKU is missing)
  out_of_stock,    // sku= want= available= held=
  in_use,          // sku= held=
  out_of_memory,   // kind=
  locked,          // name= expires_in_ms=
};

// One refusal with the fields that its code names; fields that the code does not name are 0 or empty.
struct Refusal {
  Error error = Error::none;
  std::string_view name;  // the SKU; `kind` for limit_kind and out_of_memory. Lives as long as the request.
  int64_t want = 0;
  int64_t have = 0;  // have=, available=
  int64_t max = 0;
  int64_t held = 0;

  explicit operator bool() const { return error != Error::none; }

  // True where this refusal is the one to tell, of this and another of the same request.
  bool comes_before(const Refusal& other) const {
    if (other.error == Error::none) return true;
    return error != other.error ? error < other.error : name < other.name;
  }
};

// Of a RESERVE with a new KEY.
inline constexpr Refusal no_room_for_keys{.error = Error::out_of_memory, .name = "keys"};

}  // namespace holdfast
