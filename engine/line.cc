#include "engine/line.h"

#include <algorithm>

namespace holdfast {
namespace {

// A priority that looks random is as good as one that is: arrivals are numbers of our own (splitmix64's finalizer).
uint64_t mixed(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

}  // namespace

void Line::update(Index index) {
  Node& node = nodes_[index];
  node.least = node.most = node.units;
  for (const Index below : {node.left, node.right}) {
    if (below == no_index) continue;
    node.least = std::min(node.least, nodes_[below].least);
    node.most = std::max(node.most, nodes_[below].most);
  }
}

void Line::split(Index node, uint64_t arrival, Index& before, Index& from) {
  if (node == no_index) {
    before = from = no_index;
    return;
  }
  Index below = no_index;
  if (nodes_[node].arrival < arrival) {
    split(nodes_[node].right, arrival, below, from);
    nodes_[node].right = below;
    before = node;
  } else {
    split(nodes_[node].left, arrival, before, below);
    nodes_[node].left = below;
    from = node;
  }
  update(node);
}

Index Line::join(Index left, Index right) {
  if (left == no_index) return right;
  if (right == no_index) return left;
  if (nodes_[left].priority > nodes_[right].priority) {
    nodes_[left].right = join(nodes_[left].right, right);
    update(left);
    return left;
  }
  nodes_[right].left = join(left, nodes_[right].left);
  update(right);
  return right;
}

void Line::enter(uint64_t arrival, int64_t units, Index waiter) {
  Index index;
  if (free_.empty()) {
    index = static_cast<Index>(nodes_.size());
    nodes_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  nodes_[index] = {.arrival = arrival,
                   .priority = mixed(arrival),
                   .units = units,
                   .least = units,
                   .most = units,
                   .waiter = waiter,
                   .left = no_index,
                   .right = no_index};
  Index before = no_index;
  Index from = no_index;
  split(root_, arrival, before, from);
  root_ = join(join(before, index), from);
  ++size_;
}

void Line::leave(uint64_t arrival) {
  Index before = no_index;
  Index from = no_index;
  Index behind = no_index;
  Index it = no_index;
  split(root_, arrival, before, from);
  split(from, arrival + 1, it, behind);
  CHECK(it != no_index && nodes_[it].arrival == arrival);
  free_.push_back(it);
  root_ = join(before, behind);
  --size_;
}

Index Line::find(uint64_t arrival) const {
  Index node = root_;
  while (node != no_index && nodes_[node].arrival != arrival) {
    node = nodes_[node].arrival < arrival ? nodes_[node].right : nodes_[node].left;
  }
  return node == no_index ? no_index : nodes_[node].waiter;
}

Index Line::first_of_at_most(int64_t units) const {
  Index node = root_;
  while (node != no_index && nodes_[node].least <= units) {
    const Node& at = nodes_[node];
    if (at.left != no_index && nodes_[at.left].least <= units) {
      node = at.left;
    } else if (at.units <= units) {
      return at.waiter;
    } else {
      node = at.right;
    }
  }
  return no_index;
}

Index Line::first_of_more_than(int64_t units) const {
  Index node = root_;
  while (node != no_index && nodes_[node].most > units) {
    const Node& at = nodes_[node];
    if (at.left != no_index && nodes_[at.left].most > units) {
      node = at.left;
    } else if (at.units > units) {
      return at.waiter;
    } else {
      node = at.right;
    }
  }
  return no_index;
}

}  // namespace holdfast
