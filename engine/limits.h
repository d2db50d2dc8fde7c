// What it is: every bound of the engine and the protocol, on one page. What a limit refuses is in the wire contract.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::limits {

// What a client may say (the wire contract, "Limits").
inline constexpr size_t name_bytes = 255;                    // SKU, cart, key, ref, lock name: 1..255
inline constexpr size_t items = 128;                         // item pairs a request
inline constexpr int64_t quantity = (int64_t{1} << 31) - 1;  // 1..2^31-1
inline constexpr int64_t units = (int64_t{1} << 53) - 1;     // on hand, oversell, percart: 0..2^53-1
inline constexpr size_t request_bytes = size_t{1} << 20;     // one request
inline constexpr int64_t ttl_ms_ceiling = int64_t{1} << 42;  // what --max-ttl itself may say (139 years)

// The turn of a shard.
inline constexpr size_t expiries_a_turn = 512;   // timers ended or cascaded before others are served
inline constexpr size_t expiries_a_request = 8;  // and so many more for each request since: who comes fast leaves fast
inline constexpr size_t looks_ahead = 16;        // of these, and of requests: so many wait for memory at the same time
inline constexpr size_t visits_a_turn = 4096;    // of SKUs, by one request
inline constexpr size_t deliveries_a_turn = 1024;  // messages taken from the mailbox before sockets are served
inline constexpr size_t commands_a_turn = 1024;    // of one connection before the next one has its go; a default
inline constexpr size_t ready_a_turn = 256;        // sockets that are told to be ready
inline constexpr size_t accepts_a_turn = 64;       // new connections of one listening socket; a default

// Queues.
inline constexpr size_t shards = 256;
inline constexpr size_t journeys = 16384;                // under way, begun by one shard; past it its connections wait
inline constexpr size_t ending_journeys = 4096;          // of holds that end on several shards, begun by one home
inline constexpr size_t pending_replies = 4096;          // of one connection
inline constexpr size_t output_bytes = size_t{1} << 20;  // replies that a client has not taken; past it we do not read

}  // namespace holdfast::limits
