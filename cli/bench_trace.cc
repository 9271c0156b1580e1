#include "cli/bench_trace.h"

#include <nlohmann/json.hpp>

#include "engine/base/errors.h"

namespace rivulet::cli {
namespace {

using nlohmann::json;

json Event(const std::string& name, const char* category, double start_ms, double ms) {
  return {{"name", name},    {"cat", category}, {"ph", "X"}, {"ts", start_ms * 1e3},
          {"dur", ms * 1e3}, {"pid", 1},        {"tid", 1}};
}

void AddSpan(const BenchSpan& span, json* events) {
  events->push_back(Event(span.name, "phase", span.start_ms, span.ms));
  double at = span.start_ms;
  for (const RunProfile::Step& step : span.profile.steps) {
    json event = Event(step.op, "step", at, step.ms);
    event["args"] = {{"node", step.node}, {"shape", step.shape.ToString()}, {"flops", step.flops}};
    if (step.flops > 0 && step.ms > 0) event["args"]["GFLOP/s"] = static_cast<double>(step.flops) / step.ms / 1e6;
    events->push_back(std::move(event));
    at += step.ms;
  }
}

json Named(const char* what, const std::string& name) {
  return {{"name", what}, {"ph", "M"}, {"pid", 1}, {"tid", 1}, {"args", {{"name", name}}}};
}

}  // namespace

std::string TraceJson(const std::string& model, const std::vector<BenchTimes>& all, const std::vector<BenchSpan>& spans,
                      const MemoryTimeline& memory) {
  json events = json::array();
  events.push_back(Named("process_name", "rivulet bench " + model));
  events.push_back(Named("thread_name", "runs"));
  for (const BenchSpan& span : spans) AddSpan(span, &events);
  for (const BenchTimes& times : all) {
    for (BenchSpan span : times.spans) {
      if (all.size() > 1) span.name += Cat(", ", times.threads, times.threads == 1 ? " thread" : " threads");
      AddSpan(span, &events);
    }
  }
  for (const MemoryTimeline::Sample& sample : memory.samples()) {
    events.push_back({{"name", "memory, MiB"},
                      {"ph", "C"},
                      {"ts", sample.ms * 1e3},
                      {"pid", 1},
                      {"args",
                       {{"resident", static_cast<double>(sample.resident) / 1048576},
                        {"tensors", static_cast<double>(sample.tensors) / 1048576}}}});
  }
  return json{{"displayTimeUnit", "ms"}, {"traceEvents", events}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rivulet::cli
