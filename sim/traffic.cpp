// Building and turning traffic matrices.
// Knows no experts, no links and no time.

#include "sim/traffic.hpp"

#include "sim/index.hpp"

namespace teapot {
Traffic::Traffic(std::shared_ptr<const TrafficShape> shape, std::vector<std::uint16_t> counts)
    : ranks(shape->rows()), shape_(std::move(shape)), counts_(std::move(counts)) {
  assert(counts_.size() == shape_->places());
  pairs_ = without_zeros(counts_);
}

bool Traffic::operator==(const Traffic& other) const {
  if (ranks != other.ranks) return false;
  if (!shape_ && !other.shape_) {
    return row_begin_ == other.row_begin_ &&
           std::equal(code_.begin(), code_.begin() + static_cast<std::ptrdiff_t>(used_), other.code_.begin());
  }
  const auto row_of = [](const Traffic& traffic, int rank) {
    std::vector<std::pair<int, double>> row;
    traffic.for_each_receiver(rank, [&](int d, double copies) { row.emplace_back(d, copies); });
    return row;
  };
  for (int rank = 0; rank < ranks; ++rank) {
    if (row_of(*this, rank) != row_of(other, rank)) return false;
  }
  return true;
}

double Traffic::total() const {
  double sum = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    for_each_receiver(rank, [&](int, double copies) { sum += copies; });
  }
  return sum;
}

double Traffic::copies(int from, int to) const {
  double found = 0;
  for_each_receiver(from, [&](int d, double copies) { found = d == to ? copies : found; });
  return found;
}

int Traffic::receivers(int rank) const {
  int count = 0;
  for_each_receiver(rank, [&](int, double) { ++count; });
  return count;
}

std::vector<char> senders_of(const Traffic& traffic, bool reversed) {
  std::vector<char> sends(at(traffic.ranks));
  for (int rank = 0; rank < traffic.ranks; ++rank) {
    if (!reversed) {
      sends[at(rank)] = traffic.has_row(rank);
    } else {
      traffic.for_each_receiver(rank, [&](int receiver, double) { sends[at(receiver)] = 1; });
    }
  }
  return sends;
}

namespace {

/// Of any numbers, which are kept beside where they go.
Traffic transposed_numbers(const Traffic& traffic) {
  std::vector<std::size_t> next(at(traffic.ranks) + 1);  // where the pairs of each receiver begin
  for (int source = 0; source < traffic.ranks; ++source) {
    traffic.for_each_receiver(source, [&](int d, double) { ++next[at(d) + 1]; });
  }
  for (std::size_t d = 1; d < next.size(); ++d) next[d] += next[d - 1];
  const std::vector<std::size_t> begin = next;
  std::vector<int> sender(traffic.pairs());
  std::vector<double> copies(traffic.pairs());
  for (int source = 0; source < traffic.ranks; ++source) {
    traffic.for_each_receiver(source, [&](int d, double count) {
      const std::size_t slot = next[at(d)]++;
      sender[slot] = source;
      copies[slot] = count;
    });
  }
  Traffic turned(traffic.ranks);
  turned.reserve(traffic.pairs());
  for (std::size_t d = 0; d + 1 < begin.size(); ++d) {
    for (std::size_t i = begin[d]; i < begin[d + 1]; ++i) turned.add(sender[i], copies[i]);
    turned.end_row();
  }
  return turned;
}

}  // namespace

/// Where all copies take one byte, pairs are written where they go at once: the length of each row is known from the
/// distances between its senders.
Traffic transposed(const Traffic& traffic, std::shared_ptr<const TrafficShape> turned_shape) {
  Traffic turned(traffic.ranks);
  if (traffic.shape_) {
    if (!turned_shape) turned_shape = TrafficShape::transposed(*traffic.shape_);
    std::vector<std::uint16_t> counts = transposed(*traffic.shape_, traffic.counts_, *turned_shape);
    turned = Traffic{std::move(turned_shape), std::move(counts)};
  } else if (traffic.short_) {
    std::vector<int> last(at(traffic.ranks), -1);
    std::vector<std::size_t> next(at(traffic.ranks) + 1);
    for (int source = 0; source < traffic.ranks; ++source) {
      traffic.for_each_receiver(source, [&](int d, double) {
        next[at(d) + 1] += source - std::exchange(last[at(d)], source) < 256 ? 2 : 2 + sizeof(int);
      });
    }
    for (std::size_t d = 1; d < next.size(); ++d) next[d] += next[d - 1];
    turned.row_begin_.assign(next.begin(), next.end());
    turned.pairs_ = traffic.pairs_;
    turned.used_ = next.back();
    turned.code_.resize(turned.used_);
    std::fill(last.begin(), last.end(), -1);
    for (int source = 0; source < traffic.ranks; ++source) {
      traffic.for_each_receiver(source, [&](int d, double copies) {
        std::uint8_t* to = turned.code_.data() + next[at(d)];
        const std::size_t gap = Traffic::put_gap(to, source - std::exchange(last[at(d)], source));
        to[gap] = static_cast<std::uint8_t>(copies);
        next[at(d)] += gap + 1;
      });
    }
  } else {
    turned = transposed_numbers(traffic);
  }
  turned.groups = traffic.groups;
  turned.tokens = traffic.tokens;
  return turned;
}

std::shared_ptr<const Traffic> Transposes::of(const std::shared_ptr<const Traffic>& traffic) {
  if (const auto* const known = kept_.find(traffic)) return *known;
  std::shared_ptr<const TrafficShape> turned;
  if (const auto& shape = traffic->shape()) {
    const auto* const known = shapes_.find(shape);
    turned = known != nullptr ? *known : shapes_.add(shape, TrafficShape::transposed(*shape));
  }
  auto turned_round = std::make_shared<const Traffic>(transposed(*traffic, std::move(turned)));
  // Where all send alike it is the same exchange, and what is known of it holds both ways.
  return kept_.add(traffic, *turned_round == *traffic ? traffic : std::move(turned_round));
}

Traffic from_dense(int ranks, const std::vector<double>& copies) {
  assert(copies.size() == at(ranks) * at(ranks));
  Traffic traffic(ranks);
  for (int source = 0; source < ranks; ++source) {
    for (int d = 0; d < ranks; ++d) {
      const double count = copies[at(source) * at(ranks) + at(d)];
      if (count != 0 && source != d) traffic.add(d, count);
    }
    traffic.end_row();
  }
  traffic.groups = one_group(ranks);
  return traffic;
}

Traffic rows_of(const Traffic& traffic, int first, int beyond, std::shared_ptr<const std::vector<int>> groups) {
  Traffic part(traffic.ranks);
  part.tokens = traffic.tokens;
  part.groups = std::move(groups);
  for (int rank = 0; rank < traffic.ranks; ++rank) {
    if (rank >= first && rank < beyond)
      traffic.for_each_receiver(rank, [&](int to, double copies) { part.add(to, copies); });
    part.end_row();
  }
  return part;
}

std::shared_ptr<const std::vector<int>> one_group(int ranks) { return groups_of(ranks, ranks); }

std::shared_ptr<const std::vector<int>> groups_of(int ranks, int size) {
  std::vector<int> groups(at(ranks));
  for (int rank = 0; rank < ranks; ++rank) groups[at(rank)] = rank / size;
  return std::make_shared<const std::vector<int>>(std::move(groups));
}

Traffic all_to_all(std::shared_ptr<const std::vector<int>> groups, const std::vector<double>& copies_of_rank) {
  Traffic traffic(static_cast<int>(groups->size()));
  std::vector<std::vector<int>> members;  // by group
  for (int rank = 0; rank < traffic.ranks; ++rank) {
    const int group = (*groups)[at(rank)];
    if (group < 0) continue;
    if (at(group) >= members.size()) members.resize(at(group) + 1);
    members[at(group)].push_back(rank);
  }
  for (int source = 0; source < traffic.ranks; ++source) {
    const int group = (*groups)[at(source)];
    for (std::size_t i = 0; group >= 0 && i < members[at(group)].size(); ++i) {
      const int d = members[at(group)][i];
      if (d != source) traffic.add(d, copies_of_rank[at(source)]);
    }
    traffic.end_row();
  }
  traffic.groups = std::move(groups);
  return traffic;
}

Traffic all_to_all(std::shared_ptr<const std::vector<int>> groups, double copies) {
  const std::size_t ranks = groups->size();
  if (copies > 0) return all_to_all(std::move(groups), std::vector<double>(ranks, copies));
  Traffic nothing(static_cast<int>(ranks));
  for (std::size_t rank = 0; rank < ranks; ++rank) nothing.end_row();
  nothing.groups = std::move(groups);
  return nothing;
}

}  // namespace teapot
