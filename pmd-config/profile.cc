// SPDX-License-Identifier: Apache-2.0
#include "pmd-config/profile.h"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pmd-config/built_in.h"
#include "pmd-config/lines.h"

namespace baton {
namespace {

using Type = ProfileOption::Type;

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::vector<std::string> words_of(const std::string& text, char separator) {
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; std::getline(in, word, separator);) {
        word.erase(0, word.find_first_not_of(' '));
        word.erase(word.find_last_not_of(' ') + 1);
        if (!word.empty()) words.push_back(word);
    }
    return words;
}

/// "number(64..65536)" and the like; false when it is no type.
bool read_type(const std::string& text, ProfileOption& into) {
    static const std::pair<const char*, Type> plain[] = {{"word", Type::word},           {"number", Type::number},
                                                         {"interface", Type::interface}, {"mac", Type::mac},
                                                         {"path", Type::path},           {"pci", Type::pci}};
    for (const auto& [name, type] : plain)
        if (text == name) return into.type = type, true;
    const auto open = text.find('(');
    if (open == std::string::npos || text.back() != ')') return false;
    const std::string what = text.substr(0, open), inside = text.substr(open + 1, text.size() - open - 2);
    if (what == "choice") {
        into.type = Type::choice;
        into.choices = words_of(inside, '|');
        return !into.choices.empty();
    }
    const auto dots = inside.find(".."), blank = inside.find(' ');
    if (what != "number" || dots == std::string::npos) return false;
    const auto least = number_of(inside.substr(0, dots));
    const auto most = number_of(inside.substr(dots + 2, blank == std::string::npos ? blank : blank - dots - 2));
    if (!least || !most || *least > *most) return false;
    into.type = Type::number;
    into.least = *least;
    into.most = *most;
    if (blank == std::string::npos) return true;
    const std::string which = inside.substr(blank + 1), steps = "in steps of ";
    into.power = which == "powers of 2";
    if (which.rfind(steps, 0) == 0) into.step = number_of(which.substr(steps.size())).value_or(0);
    return into.power || into.step > 1;
}

/// "iface; interface; required; the interface to make": name, type, need or preset, help.
std::optional<std::string> read_option(const std::string& text, Profile& into) {
    const auto parts = words_of(text, ';');
    ProfileOption option;
    if (parts.size() != 4 || !read_type(parts[1], option))
        return "expected \"name; type; required, optional or a preset value; help\"";
    option.name = parts[0];
    option.help = parts[3];
    option.required = parts[2] == "required";
    if (!option.required && parts[2] != "optional") {
        if (!option.accepts(parts[2])) return "the preset value is not " + option.expected();
        option.preset = parts[2];
    }
    into.options.push_back(std::move(option));
    return std::nullopt;
}

std::optional<std::string> read_setting(const Line& line, Profile& into) {
    const auto& [number, name, value] = line;
    const auto count = number_of(value);
    if (name == "kind") {
        into.kind = value;
    } else if (name == "summary") {
        into.summary = value;
    } else if (name == "bus") {
        if (value != "own" && value != "vdev" && value != "pci") return "bus is own, vdev or pci";
        into.bus = value == "own" ? Bus::own : value == "vdev" ? Bus::vdev : Bus::pci;
    } else if (name == "devargs") {
        into.devargs = value;
    } else if (name == "option") {
        return read_option(value, into);
    } else if (name == "claims") {
        into.claims = words_of(value, ',');
    } else if (name == "one-of") {
        into.one_of = words_of(value, ',');
    } else if (name == "mtu") {
        if (value != "driver" && value != "interface" && value != "no") return "mtu is driver, interface or no";
        into.mtu = value == "driver" ? SetMtu::driver : value == "interface" ? SetMtu::interface : SetMtu::no;
    } else if (name == "mac") {
        if (value != "device" && value != "own") return "mac is device or own";
        into.device_mac = value == "device";
    } else if (name == "link") {
        if (value != "driver" && value != "interface" && value != "tun") return "link is driver, interface or tun";
        into.link = value == "driver" ? LinkOf::driver : value == "tun" ? LinkOf::tun : LinkOf::interface;
    } else if (name == "offloads") {
        into.offloads = words_of(value, ',');
    } else if (!count || *count > 65535) {
        return name + " is a number up to 65535";
    } else if (name == "max-frame") {
        into.max_frame = static_cast<std::uint32_t>(*count);
    } else if (name == "own-pool") {
        into.own_pool = static_cast<std::uint16_t>(*count);
    } else {
        (name == "rx-descriptors" ? into.rx_descriptors : into.tx_descriptors) = static_cast<std::uint16_t>(*count);
    }
    return std::nullopt;
}

const boost::program_options::options_description& settings() {
    static const auto known = [] {
        boost::program_options::options_description all;
        for (const char* name : {"kind", "summary", "bus", "devargs", "option", "claims", "one-of", "mtu", "mac",
                                 "offloads", "max-frame", "rx-descriptors", "tx-descriptors", "own-pool", "link"})
            all.add_options()(name, boost::program_options::value<std::vector<std::string>>(), "");
        return all;
    }();
    return known;
}

}  // namespace

const ProfileOption* Profile::option(std::string_view name) const {
    for (const auto& option : options)
        if (option.name == name) return &option;
    return nullptr;
}

Result<Profile> parse_profile(const std::string& file, const std::string& text) {
    std::istringstream in(text);
    const auto read = read_lines(in, settings());
    const auto at = [&](unsigned number, const std::string& what) {
        return failure("profile " + file + " line " + std::to_string(number) + ": " + what);
    };
    if (!read.faults.empty()) return at(read.faults.front().number, read.faults.front().what);
    Profile profile;
    for (const auto& line : read.lines)
        if (const auto fault = read_setting(line, profile)) return at(line.number, *fault);
    if (profile.kind.empty()) return at(1, "kind = ... is missing");
    if (profile.devargs.empty() != (profile.bus == Bus::own)) return at(1, "devargs go with bus vdev and pci only");
    for (const auto* names : {&profile.claims, &profile.one_of})
        for (const auto& name : *names)
            if (!profile.option(name)) return at(1, "claims and one-of name options; there is no option " + name);
    return profile;
}

const Profiles& Profiles::built_in() {
    static const Profiles all = [] {
        Profiles profiles;
        for (const auto& file : built_in_profiles()) {
            auto profile = parse_profile(std::string(file.name), std::string(file.text));
            if (!profile) throw StartupError{1, profile.error().what};
            profiles.all_.push_back(std::move(*profile));
        }
        return profiles;
    }();
    return all;
}

Result<Profiles> Profiles::read(const std::string& folder) {
    std::error_code error;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".conf") files.push_back(entry.path());
    if (error) return failure("cannot read profiles in " + folder + ": " + error.message());
    if (files.empty()) return failure("no profile (*.conf) in " + folder + "; name the folder that holds them");
    std::sort(files.begin(), files.end());
    Profiles profiles;
    for (const auto& file : files) {
        std::ifstream in(file);
        std::ostringstream text;
        text << in.rdbuf();
        auto profile = parse_profile(file.string(), text.str());
        if (!profile) return profile.error();
        if (profiles.find(profile->kind))
            return failure("profile " + file.string() + ": kind " + profile->kind + " is there already");
        profiles.all_.push_back(std::move(*profile));
    }
    return profiles;
}

const Profile* Profiles::find(std::string_view kind) const {
    for (const auto& profile : all_)
        if (profile.kind == kind) return &profile;
    return nullptr;
}

std::string Profiles::kinds() const {
    std::string names;
    for (const auto& profile : all_) names += (names.empty() ? "" : ", ") + profile.kind;
    return names;
}

}  // namespace baton
