// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/report.h"

#include <fmt/format.h>

#include <iterator>

namespace baton::tester {
namespace {

using Out = std::back_insert_iterator<std::string>;

double us(std::uint64_t ns) {
    return static_cast<double>(ns) / 1000;
}

void counts_json(Out out, const Counts& counts) {
    fmt::format_to(out,
                   R"("offered":{},"expected":{},"delivered":{},"lost":{},"duplicated":{},"reordered":{},)"
                   R"("misdelivered":{},"mistagged":{},"flooded":{},"corrupted":{},"denied":{},"moved":{},)"
                   R"("wrong_hop":{},"wrong_ttl":{},"wrong_checksum":{},"longest_gap_us":{:.1f},)",
                   counts.offered, counts.expected, counts.delivered, counts.lost, counts.duplicated, counts.reordered,
                   counts.misdelivered, counts.mistagged, counts.flooded, counts.corrupted, counts.denied, counts.moved,
                   counts.wrong_hop, counts.wrong_ttl, counts.wrong_checksum, us(counts.longest_gap_ns));
    const auto& latency = counts.latency;
    fmt::format_to(out, R"("latency_us":{{"p50":{:.1f},"p99":{:.1f},"p99.9":{:.1f},"p99.99":{:.1f},"max":{:.1f}}})",
                   us(latency.percentile(50)), us(latency.percentile(99)), us(latency.percentile(99.9)),
                   us(latency.percentile(99.99)), us(latency.largest()));
}

void own_json(Out out, const OwnTrouble& own) {
    fmt::format_to(out, R"("own":{{"receive_overflows":{},"send_refused":{},"withheld":{},"longest_stall_us":{:.1f}}})",
                   own.overflows, own.refused, own.withheld, us(own.longest_stall_ns));
}

void verdict_json(Out out, const Verdict& verdict) {
    fmt::format_to(out, R"("verdict":"{}","reasons":[)", name_of(verdict.judgement));
    for (std::size_t i = 0; i < verdict.reasons.size(); ++i)
        fmt::format_to(out, "{}{}", i ? "," : "", quoted(verdict.reasons[i]));
    fmt::format_to(out, "]");
}

void window_json(Out out, const Plan& plan, const WindowReport& window, const Verdict& verdict, Time zero) {
    fmt::format_to(out, R"({{"name":{},"at_s":{:.6f},"seconds":{:.6f},)", quoted(window.name),
                   (window.begun - zero).seconds(), (window.ended - window.begun).seconds());
    verdict_json(out, verdict);
    fmt::format_to(out, ",");
    counts_json(out, window.total);
    fmt::format_to(out, ",");
    own_json(out, window.own);
    fmt::format_to(out, R"(,"flows":[)");
    for (std::size_t f = 0; f < plan.flows.size(); ++f) {
        fmt::format_to(out, R"({}{{"name":{},)", f ? "," : "", quoted(plan.flows[f].name));
        counts_json(out, window.flows[f]);
        fmt::format_to(out, "}}");
    }
    fmt::format_to(out, "]}}");
}

void samples_json(Out out, const std::vector<Sample>& samples) {
    fmt::format_to(out, R"("samples":[)");
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto& sample = samples[i];
        fmt::format_to(
            out,
            R"({}{{"at_s":{:.4f},"window":{},"offered":{},"delivered":{},"wrong":{},"longest_gap_us":{:.1f},)"
            R"("latency_max_us":{:.1f},"stall_us":{:.1f},"flows":[)",
            i ? "," : "", sample.at_s, sample.window, sample.offered, sample.delivered, sample.wrong, us(sample.gap_ns),
            us(sample.latency_ns), us(sample.stall_ns));
        for (std::size_t f = 0; f < sample.flows.size(); ++f)
            fmt::format_to(out, "{}{}", f ? "," : "", sample.flows[f]);
        fmt::format_to(out, "]}}");
    }
    fmt::format_to(out, "]");
}

constexpr const char* headings[] = {"offered", "denied", "lost", "dup",    "reord",  "moved",
                                    "misdel",  "flood",  "corr", "gap us", "p50 us", "p99.9 us"};
constexpr std::size_t widths[] = {12, 9, 10, 7, 7, 7, 7, 7, 7, 11, 10, 10};

/// Padding by hand: g++ 12 sees an overflow in fmt 9's fill that is not there.
std::string right(const std::string& text, std::size_t width) {
    return std::string(text.size() < width ? width - text.size() : 1, ' ') + text;
}

std::string left(const std::string& text, std::size_t width) {
    return text.substr(0, width) + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string row(const std::string& name, const Counts& c, const std::string& verdict) {
    const std::uint64_t cells[] = {c.offered,
                                   c.denied,
                                   c.lost,
                                   c.duplicated,
                                   c.reordered,
                                   c.moved,
                                   c.misdelivered,
                                   c.flooded,
                                   c.corrupted,
                                   c.longest_gap_ns / 1000,
                                   c.latency.percentile(50) / 1000,
                                   c.latency.percentile(99.9) / 1000};
    std::string text = left(name, 24);
    for (std::size_t i = 0; i < std::size(cells); ++i) text += right(std::to_string(cells[i]), widths[i]);
    return text + "  " + verdict + "\n";
}

}  // namespace

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

Outcome outcome_of(Runner& runner) {
    Outcome outcome;
    outcome.windows = runner.report();
    for (const auto& window : outcome.windows) {
        outcome.by_window.push_back(judge_window(runner.plan(), window));
        outcome.total.add(window.total);
        outcome.own.add(window.own);
    }
    outcome.hosts = runner.hosts();
    outcome.verdict =
        judge_run(runner.plan(), runner.ledger(), outcome.windows, outcome.hosts, runner.failure_to_start());
    return outcome;
}

std::string as_text(const Runner& runner, const Outcome& outcome) {
    std::string text;
    Out out(text);
    text = left("", 24);
    for (std::size_t i = 0; i < std::size(headings); ++i) text += right(headings[i], widths[i]);
    text += "\n";
    const auto& plan = runner.plan();
    for (std::size_t w = 0; w < outcome.windows.size(); ++w)
        text += row(outcome.windows[w].name, outcome.windows[w].total, name_of(outcome.by_window[w].judgement));
    for (std::size_t f = 0; f < plan.flows.size(); ++f) {
        Counts sum;
        for (const auto& window : outcome.windows) sum.add(window.flows[f]);
        text += row("  flow " + plan.flows[f].name, sum, "");
    }
    for (const auto& host : outcome.hosts)
        if (host.requests || host.asked)
            fmt::format_to(out, "host {}: was asked for {} times; asked {} times, answered {} times\n", host.name,
                           host.requests, host.asked, host.answered);
    fmt::format_to(
        out, "own: receive overflows {}, send refused {}, withheld {}, longest stall {:.0f} us; foreign frames {}\n",
        outcome.own.overflows, outcome.own.refused, outcome.own.withheld, us(outcome.own.longest_stall_ns),
        runner.foreign());
    fmt::format_to(out, "verdict: {}\n", name_of(outcome.verdict.judgement));
    for (const auto& reason : outcome.verdict.reasons) fmt::format_to(out, "  {}\n", reason);
    return text;
}

std::string as_json(const Runner& runner, const Outcome& outcome) {
    std::string text;
    Out out(text);
    fmt::format_to(out, R"({{"event":"report",)");
    verdict_json(out, outcome.verdict);
    fmt::format_to(out, R"(,"seconds":{:.6f},)",
                   (outcome.windows.back().ended - outcome.windows.front().begun).seconds());
    counts_json(out, outcome.total);
    fmt::format_to(out, ",");
    own_json(out, outcome.own);
    fmt::format_to(out, R"(,"foreign":{},"windows":[)", runner.foreign());
    for (std::size_t w = 0; w < outcome.windows.size(); ++w) {
        if (w) fmt::format_to(out, ",");
        window_json(out, runner.plan(), outcome.windows[w], outcome.by_window[w], outcome.windows[0].begun);
    }
    fmt::format_to(out, "],");
    samples_json(out, runner.samples());
    fmt::format_to(out, R"(,"hosts":[)");
    for (std::size_t h = 0; h < outcome.hosts.size(); ++h) {
        const auto& host = outcome.hosts[h];
        fmt::format_to(out, R"({}{{"name":{},"requests":{},"asked":{},"answered":{},"gateway":"{}"}})", h ? "," : "",
                       quoted(host.name), host.requests, host.asked, host.answered, host.gateway.text());
    }
    fmt::format_to(out, "]}}");
    return text;
}

}  // namespace baton::tester
