// SPDX-License-Identifier: Apache-2.0
// A plan from JSON. Values are written as on the command line, so there is one grammar and one set of error sentences:
//   {"ends": {"a": "wire:/run/baton/chassis.sock#1:1", ...}, "duration": 5,
//    "hosts": [{"name": "h", "at": "b/10", "ip": "10.0.0.2"}, ...],
//    "flows": [{"name": "ab", "from": "a", "to": ["b/10"], "rate": 1000}, ...]}
#define BOOST_BIND_GLOBAL_PLACEHOLDERS  // Boost 1.74's own parser needs it, and warns
#include <boost/property_tree/json_parser.hpp>
#include <charconv>

#include "bench/tester/plan.h"

namespace baton::tester {
namespace {

using Tree = boost::property_tree::ptree;

/// A host or a flow, as it is written on the command line.
std::string as_typed(const Tree& flow) {
    std::string text;
    for (const auto& [key, value] : flow) {
        std::string written = value.data();
        for (const auto& [unused, element] : value) written += (written.empty() ? "" : "+") + element.data();
        text += (text.empty() ? "" : ",") + key + "=" + written;
    }
    return text;
}

}  // namespace

Result<void> read_plan(Plan& plan, const std::string& path) {
    Tree tree;
    try {
        boost::property_tree::read_json(path, tree);
    } catch (const boost::property_tree::json_parser_error& error) {
        return failure(error.what());
    }
    const std::pair<const char*, double*> settings[] = {{"duration", &plan.duration_s}, {"ready", &plan.ready_s},
                                                        {"drain", &plan.drain_s},       {"announce", &plan.announce_s},
                                                        {"late", &plan.late_s},         {"sample", &plan.sample_s}};
    const Tree none;
    for (const auto& [name, spec] : tree.get_child("ends", none))
        if (auto added = add_end(plan, name + "=" + spec.data()); !added) return added;
    for (const auto& [unused, host] : tree.get_child("hosts", none))
        if (auto added = add_host(plan, as_typed(host)); !added) return failure(path + ": " + added.error().what);
    for (const auto& [unused, flow] : tree.get_child("flows", none))
        if (auto added = add_flow(plan, as_typed(flow)); !added) return failure(path + ": " + added.error().what);
    for (const auto& [key, value] : tree) {
        if (key == "ends" || key == "hosts" || key == "flows") continue;
        bool known = false;
        for (const auto& [name, into] : settings) {
            if (key != name) continue;
            const auto& text = value.data();
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *into);
            if (error != std::errc{} || end != text.data() + text.size())
                return failure(path + ": " + key + " is a number of seconds, not " + text);
            known = true;
        }
        if (!known) return failure(path + ": a plan has no '" + key + "'");
    }
    return {};
}

}  // namespace baton::tester
