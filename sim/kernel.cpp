// Names of provenance tags.
// Knows no kernel.

#include "sim/kernel.hpp"

namespace teapot {

const char* to_text(Provenance provenance) {
  switch (provenance) {
    case Provenance::measured:
      return "measured";
    case Provenance::interpolated:
      return "interpolated";
    case Provenance::modelled:
      break;
  }
  return "modelled";
}

}  // namespace teapot
