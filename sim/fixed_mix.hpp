#pragma once
// Senders that each send all they have in one fixed mix, and what links leave them: a sender whose queue stops for one
// receiver stops for all. Knows no collective and no network.

#include <cstddef>
#include <vector>

namespace teapot {

struct FixedMix {
  struct OnLink {
    int link;
    double part;  ///< of the link's time, while the sender goes at full speed
  };
  std::vector<double> work_s;              ///< by sender: at full speed
  std::vector<std::vector<OnLink>> parts;  ///< by sender; links that cannot be asked for too much may be left out
};

/// When the last sender is done if all begin at once and links are shared max-min fairly among senders.
double end_of(FixedMix senders, std::size_t links);

}  // namespace teapot
