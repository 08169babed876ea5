// postgres/exchange.hpp: Connection::exchange, which only connection's own files use.
#pragma once

#include "postgres/connection.hpp"

namespace dorm::postgres {

// `send` queues a request and says whether libpq took it; then everything the server answers is in results_.
template <class Send>
Connection::End Connection::exchange(Send send, driver::Deadline deadline) {
  results_.clear();
  canceller_.statement_begins();
  End end = End::refused;
  if (send()) {
    end = collect(deadline);
  } else if (PQstatus(connection_.get()) == CONNECTION_BAD) {
    end = End::gone;
  }
  const Canceller::Ending ending = canceller_.statement_ends();
  was_cancelled_ = ending.requested;
  retired_ |= ending.in_doubt;
  if (end == End::late) canceller_.request_at_farewell();
  if (end == End::late || end == End::gone) close();
  return end;
}

}  // namespace dorm::postgres
