// TPOT over the batch: it rises, without steps.

#include <doctest/doctest.h>

#include "analysis/validation/constants.hpp"
#include "analysis/validation/curves.hpp"

namespace teapot {

TEST_CASE("validation: TPOT of six models rises over the batch from 1 to 512, and never by a step") {
  const auto curves = batch_curves();
  CHECK(curves.size() == 6);
  for (const auto& curve : curves) {
    CAPTURE(curve.label);
    CHECK(curve.decode.size() == 10);
    CHECK(curve.measured.size() >= 4);
    for (std::size_t i = 1; i < curve.decode.size(); ++i) {
      CAPTURE(curve.decode[i].first);
      const double ratio = curve.decode[i].second / curve.decode[i - 1].second;
      // Within 1% of noise (another draw of experts); twice the requests never take twice as long.
      CHECK(ratio > 0.99);
      CHECK(ratio < 2);
    }
  }
  const std::string plot = curves_plot(curves);
  CHECK(plot.find(curves.front().label) != std::string::npos);
  CHECK(plot.ends_with("</svg>\n"));
}

TEST_CASE("validation: the audit lists what files state, with its source") {
  const std::string audit = constants_audit();
  for (const char* text : {"h100: gemm-bf16", "per_kernel", "nvlink-one-sided: dispatch", "trtllm-1", "gpt-fast"}) {
    CAPTURE(text);
    CHECK(audit.find(text) != std::string::npos);
  }
}

}  // namespace teapot
