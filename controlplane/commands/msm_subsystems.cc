// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/msm_subsystems.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/commands/columns.h"

namespace baton::commands {
namespace {

constexpr std::string_view not_available = "<not available>";

template <std::size_t count>
std::string name_in(const std::string_view (&names)[count], std::size_t index) {
    return std::string(index < count ? names[index] : "unknown");
}

std::string name_of(Reason reason) {
    return name_in(reason_names, static_cast<std::size_t>(reason));
}

std::string name_of(SubsystemState state) {
    return name_in(subsystem_state_names, static_cast<std::size_t>(state));
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

bool there(const BoardView& view) {
    return view.page != nullptr || view.state != not_available;
}

bool tells(const Switch& sw, const BoardView& view) {
    return view.page && (view.slot == sw.slot() || sw.slave_view().beats);
}

std::string megabytes(const Json& bytes) {
    return fmt::format("{:.1f}", static_cast<double>(bytes.get<std::uint64_t>()) / 1e6);
}

}  // namespace

Json subsystems_json(const Switch& sw, const BoardView& view) {
    auto out = Json::array();
    for (std::size_t i = 0; i < subsystem_count; ++i) {
        Json one;
        one["name"] = subsystem_names[i];
        if (tells(sw, view)) {
            const auto word = SubsystemWord::of(view.page->subsystem[i].load());
            one["state"] = name_of(word.state);
            one["reason"] = name_of(word.reason);
            one["old_state"] = name_of(word.old_state);
            one["old_reason"] = name_of(word.old_reason);
            if (word.state == SubsystemState::failed) one["remedy"] = sw.remedy_for(word.reason);
        } else if (there(view)) {
            one["state"] = name_of(SubsystemState::unknown);
            for (const auto* field : {"reason", "old_reason"}) one[field] = name_of(Reason::none);
            one["old_state"] = name_of(SubsystemState::unknown);
        } else {
            const Reason reason = view.slot == sw.slot() ? Reason::none : sw.slave_view().absent;
            for (const auto* field : {"state", "old_state"}) one[field] = not_available;
            one["reason"] = name_of(reason);
            one["old_reason"] = name_of(Reason::none);
            if (reason != Reason::none) one["remedy"] = sw.remedy_for(reason);
        }
        out.push_back(std::move(one));
    }
    return out;
}

Json transfer_json(const BoardView& view) {
    if (!view.page || view.page->transfer_to.load() == 0) return nullptr;
    const auto part = [](std::uint64_t from, std::uint64_t to, std::uint64_t now) {
        return std::min(std::max(now, from), to) - from;
    };
    const BoardPage& page = *view.page;
    const std::uint64_t from = page.transfer_from.load(), to = page.transfer_to.load();
    const std::uint64_t first = page.transfer_first.load(), last = page.transfer_last.load();
    Json out;
    out["bytes"] = part(from, to, page.journal_position.load());
    out["of_bytes"] = to - from;
    out["records"] = part(first, last + 1, page.journal_sequence.load() + 1);
    out["of_records"] = last + 1 - std::min(first, last + 1);
    return out;
}

void add_following(Json& board, const Switch& sw, const BoardView& view) {
    board["image"] = view.page ? fmt::format("Baton {}", view.release) : std::string(not_available);
    if (!view.page) return;
    board["longest_gap_us"] = view.page->longest_gap_ns.load() / 1000;
    if (view.role != "slave") return;
    const auto head = sw.journal().head.load(), sequence = sw.journal().sequence.load();
    const auto position = view.page->journal_position.load(), records = view.page->journal_sequence.load();
    board["journal_lag_bytes"] = head > position ? head - position : 0;
    board["journal_lag_records"] = sequence > records ? sequence - records : 0;
    board["resyncs"] = view.page->resyncs.load();
    board["transfer"] = transfer_json(view);
}

std::string following_text(const Json& boards) {
    std::string out;
    for (const auto& board : boards) {
        if (!board.contains("journal_lag_records")) continue;
        out += labelled("Journal lag", fmt::format("{} records, {} bytes; {} bulk transfers begun anew",
                                                   plain(board["journal_lag_records"]),
                                                   plain(board["journal_lag_bytes"]), plain(board["resyncs"])));
        const auto& transfer = board["transfer"];
        if (transfer.is_null()) continue;
        const auto of = transfer["of_bytes"].get<std::uint64_t>();
        out += labelled("Transfer", fmt::format("{} %: {} of {} MB, {} of {} records",
                                                of == 0 ? 100 : transfer["bytes"].get<std::uint64_t>() * 100 / of,
                                                megabytes(transfer["bytes"]), megabytes(transfer["of_bytes"]),
                                                plain(transfer["records"]), plain(transfer["of_records"])));
    }
    return out;
}

std::string subsystems_text(const Json& boards) {
    Columns table({"Subsystem", upper(plain(boards[0]["slot"])), "Reason", "Old state", "Old reason",
                   upper(plain(boards[1]["slot"])), "Reason", "Old state", "Old reason"});
    std::string remedies;
    std::vector<std::string> told;
    for (std::size_t i = 0; i < subsystem_count; ++i) {
        std::vector<std::string> row{std::string(subsystem_names[i])};
        for (const auto& board : boards) {
            const auto& one = board["subsystems"][i];
            for (const auto* field : {"state", "reason", "old_state", "old_reason"}) row.push_back(plain(one[field]));
            if (!one.contains("remedy")) continue;
            const auto line =
                fmt::format("{}, {}: {}\n", plain(board["slot"]), plain(one["reason"]), plain(one["remedy"]));
            if (std::find(told.begin(), told.end(), line) != told.end()) continue;
            told.push_back(line);
            remedies += line;
        }
        table.add(std::move(row));
    }
    return table.text() + (remedies.empty() ? "" : "\n" + remedies);
}

}  // namespace baton::commands
