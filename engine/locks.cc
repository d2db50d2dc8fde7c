#include "engine/locks.h"

namespace holdfast {

Index LockTable::find(std::string_view name, uint64_t hash) const {
  return index_.find(hash, [&](Index index) { return pool_[index].name.view() == name; });
}

void LockTable::create(std::string_view name, uint64_t hash, Seq token, TimeUs deadline_us) {
  const Index index = pool_.allocate();
  Lock& lock = pool_[index];
  lock.token = token;
  lock.hash = hash;
  lock.name.assign(names_, name);
  index_.insert(hash, index);
  wheel_.schedule(index, deadline_us);
}

void LockTable::set_deadline(Index index, TimeUs deadline_us) {
  wheel_.cancel(index);
  wheel_.schedule(index, deadline_us);
}

void LockTable::remove(Index index) {
  Lock& lock = pool_[index];
  if (Wheel::scheduled(lock.timer)) wheel_.cancel(index);  // not so while its timer is being delivered
  index_.erase(lock.hash, index);
  lock.name.clear(names_);
  pool_.release(index);
}

}  // namespace holdfast
