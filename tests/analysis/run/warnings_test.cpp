// What a run warns of: deployments that are right to the letter and not what their author thinks.

#include "analysis/run/warnings.hpp"

#include <doctest/doctest.h>

#include <string>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"

using namespace teapot;

namespace {

/// All warnings, a line each.
std::string warned(const std::string& yaml) {
  const Scenario s = read_scenario(parse_yaml(yaml, "s.yaml"), "s");
  const Run result = run(s);
  std::string text;
  for (const auto& line : warnings(s, report(s, result.program, result.timeline))) text += line + '\n';
  return text;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string on_eight = "model: {from: llama-3.1-8b, layers: 2}\ndeployment: {gpus: 8, tensor_parallel: 8}\n";

}  // namespace

TEST_CASE("warnings: an accelerator on a fabric that nobody chose for it") {
  CHECK(has(warned(on_eight + "accelerator: h200\n"), "no fabric is given: h800-mpft is used"));
  CHECK(warned(on_eight + "accelerator: h200\nfabric: hgx-h200\n").empty());
  CHECK(warned("model: {from: llama-3.1-8b, layers: 2}\naccelerator: h200\ndeployment: {gpus: 1}\n").empty());
}

TEST_CASE(
    "warnings: a named fabric faster or slower than the accelerator's ports, but not one that says its bandwidth") {
  CHECK(has(warned(on_eight + "accelerator: a100\nfabric: hgx-h100\n"),
            "joins GPUs at 450 GB/s, but A100 SXM4 has ports of 300 GB/s"));
  CHECK(has(warned(on_eight + "accelerator: b200\nfabric: hgx-h100\n"),
            "hgx-h100 joins GPUs at 450 GB/s, but B200 SXM has ports of 900 GB/s"));
  CHECK(warned(on_eight + "accelerator: b200\nfabric: {from: hgx-h100, nvlink_bandwidth: 450 GB/s}\n").empty());
  CHECK(has(warned(on_eight + "accelerator: rtx-4090\nfabric: hgx-h100\n"), "RTX 4090 has no such ports"));
}

TEST_CASE("warnings: each box is joined as fast as the ports of its accelerator") {
  for (const std::string name : {"a100", "h100", "h200", "h20", "b200"}) {
    CAPTURE(name);
    CHECK(warned(on_eight + "accelerator: " + name + "\nfabric: hgx-" + name + "\n").empty());
  }
}

TEST_CASE("warnings: a PCIe bus that is slower than the NIC behind it") {
  const std::string fabric = "fabric: {from: h800-mpft, nic_bandwidth: 800 Gbps}\n";
  const std::string all = "model: {from: mixtral-8x7b, layers: 2}\ndeployment: {gpus: 16, expert_parallel: 8}\n";
  CHECK(has(warned(all + fabric), "is slower than its NIC"));
  CHECK(!has(warned(all + "fabric: h800-mpft\n"), "is slower than its NIC"));
}

TEST_CASE("warnings: experts that are split because both kinds of parallelism make up the deployment") {
  const std::string all = "model: {from: mixtral-8x7b, layers: 2}\nfabric: h800-mpft\n";
  CHECK(has(warned(all + "deployment: {gpus: 8, expert_parallel: 4, tensor_parallel: 2}\n"),
            "each expert is split over 2 GPUs"));
  CHECK(!has(warned(all + "deployment: {gpus: 8, expert_parallel: 4, tensor_parallel: 2, expert_tensor_parallel: 1}\n"),
             "each expert is split"));
}
