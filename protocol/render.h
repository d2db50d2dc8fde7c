// What it is: the replies of the data commands, from the journey that came back: the maps, arrays and integers of the
// wire contract, and its refusals as error lines, byte for byte.
// Threads: the one whose writer it is; refusals are put together in a buffer of the thread's own.
// Time: O(bytes written). Allocates nothing once the thread has written its longest refusal.
#pragma once

#include "engine/journey.h"
#include "protocol/resp_writer.h"

namespace holdfast {

// Each writes one whole reply: the refusal where there is one, else what its name says. They are the render functions
// of the command table (commands.h).
void render_stock(const Journey& journey, RespWriter& out);        // the stock map of items[0]
void render_multi_stock(const Journey& journey, RespWriter& out);  // an array, a stock map or nil for each item
void render_number(const Journey& journey, RespWriter& out);       // an integer
void render_ok(const Journey& journey, RespWriter& out);           // +OK
void render_reservation(const Journey& journey, RespWriter& out);  // the id and the milliseconds left
void render_hold(const Journey& journey, RespWriter& out);         // the hold map
void render_holds(const Journey& journey, RespWriter& out);        // an array of ids
void render_lock(const Journey& journey, RespWriter& out);         // the token and the milliseconds left

// The error line of journey.reply.refusal. REQUIRES: there is one.
void render_refusal(const Journey& journey, RespWriter& out);

}  // namespace holdfast
