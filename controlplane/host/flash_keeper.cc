// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/flash_keeper.h"

#include <utility>

#include "controlplane/commands/configuration.h"
#include "controlplane/host/tftp.h"
#include "sync/base/log.h"

namespace baton {
namespace {

constexpr Duration retry_after = seconds(30);

config::Flash::Boot boot_of(const config::Flash& flash, const std::vector<PortName>& ports) {
    return flash.boot([&](std::string_view text) { return commands::read_configuration(text, ports); });
}

}  // namespace

FlashKeeper::FlashKeeper(boost::asio::io_context& loop, const std::string& folder, std::function<void()> news)
    : flash_(folder), news_(std::move(news)), files_(loop), network_(loop) {
    storage_.present = flash_.present();
    survey();
}

void FlashKeeper::survey() {
    files_.add([this, flash = flash_]() -> Errands::Answer {
        Storage found;
        found.present = flash.present();
        for (const config::Space space : config::spaces) {
            const auto there = flash.read(space);
            if (!there)
                found.complaint[config::index_of(space)] = there.error().what;
            else if (*there)
                found.stored[config::index_of(space)] = (*there)->stamp;
        }
        if (const auto selected = flash.selected()) found.selected = *selected;
        return [this, found = std::move(found)] {
            storage_ = found;
            surveyed_ = true;
            news_();
        };
    });
}

void FlashKeeper::know_ports(const std::set<PortName>& ports) {
    if (ports_ || ports.empty()) return;
    ports_.emplace(ports.begin(), ports.end());
    read_boot();
}

void FlashKeeper::read_boot() {
    boot_.reset();
    ++boot_round_;
    if (!ports_) return;
    files_.add([this, flash = flash_, ports = *ports_, round = boot_round_]() -> Errands::Answer {
        auto boot = std::make_shared<config::Flash::Boot>(boot_of(flash, ports));
        return [this, boot, round] {
            if (round != boot_round_) return;
            boot_ = std::move(*boot);
            news_();
        };
    });
}

config::Flash::Boot FlashKeeper::boot_now(const config::KeptState& kept) {
    const auto& ports = ports_.value_or(std::vector<PortName>{});
    const config::Space space = kept.selection ? kept.selection->space : storage_.selected;
    const auto& saved = kept.stored[config::index_of(space)];
    if (saved && storage_.stored[config::index_of(space)] != saved->stamp)
        if (auto running = commands::read_configuration(saved->text, ports)) return {std::move(*running), space, {}};
    if (boot_ && space == storage_.selected) return *boot_;
    return boot_of(flash_, ports);
}

void FlashKeeper::wrote(config::Space space, const config::Stored& what) {
    storage_.stored[config::index_of(space)] = what.stamp;
    storage_.complaint[config::index_of(space)].clear();
    read_boot();
}

void FlashKeeper::write(FlashWrite what, std::function<void(Result<config::Stored>)> done) {
    files_.add([this, flash = flash_, what = std::move(what), ports = ports_.value_or(std::vector<PortName>{}),
                done = std::move(done)]() mutable -> Errands::Answer {
        using Written = Result<config::Stored>;
        const auto work = [&]() -> Written {
            if (what.running) {
                what.text = commands::configuration_text(*what.running);
            } else {
                auto good = commands::storable(std::move(what.text), ports);
                if (!good) return failure("this is not a configuration that can be stored: " + good.error().what);
                what.text = std::move(*good);
            }
            if (what.text.size() > what.most)
                return failure("the configuration takes " + std::to_string(what.text.size()) + " bytes of text, and " +
                               std::to_string(what.most) + " are the most; give the chassis a larger journal");
            auto stored = config::stored(std::move(what.text), what.at, what.by, BATON_VERSION);
            if (auto good = flash.write(what.space, stored); !good) return good.error();
            return stored;
        };
        auto written = std::make_shared<Written>(work());
        return [this, written, space = what.space, done = std::move(done)] {
            if (*written) wrote(space, **written);
            done(std::move(*written));
        };
    });
}

void FlashKeeper::select(config::Selection what, std::function<void(Result<void>)> done) {
    files_.add([this, flash = flash_, what = std::move(what), done = std::move(done)]() -> Errands::Answer {
        auto result = flash.select(what.space, what.at, what.by, BATON_VERSION);
        return [this, space = what.space, done, result] {
            if (result) {
                storage_.selected = space;
                read_boot();
            }
            done(result);
        };
    });
}

void FlashKeeper::transfer(TransferRequest what, std::optional<config::Running> running,
                           std::function<void(Result<std::string>)> done) {
    if (transferring_) return done(failure("another transfer is at work; try again when it is done"));
    transferring_ = true;
    network_.add(
        [this, what = std::move(what), running = std::move(running), done = std::move(done)]() -> Errands::Answer {
            auto result = std::make_shared<Result<std::string>>(std::string());
            if (!what.upload)
                *result = tftp_get(what.host, what.file, config::largest_configuration);
            else if (auto sent = tftp_put(what.host, what.file, commands::configuration_text(*running)); !sent)
                *result = sent.error();
            return [this, result, done] {
                transferring_ = false;
                done(std::move(*result));
            };
        });
}

void FlashKeeper::failed(std::string_view what, const Error& error, Time now) {
    log::error("this board's flash does not follow the master's {}: {}; trying again in {} s", what, error.what,
               retry_after.ns / 1'000'000'000);
    retry_at_ = now + retry_after;
}

void FlashKeeper::follow(const config::KeptState& kept, Time now) {
    if (!surveyed_ || following_ || !flash_.present() || now < retry_at_) return;
    for (const config::Space space : config::spaces) {
        const auto& wanted = kept.stored[config::index_of(space)];
        if (!wanted || storage_.stored[config::index_of(space)] == wanted->stamp) continue;
        following_ = true;
        files_.add([this, flash = flash_, space, what = *wanted, now]() -> Errands::Answer {
            auto result = flash.write(space, what);
            return [this, space, stamp = what.stamp, result, now] {
                following_ = false;
                if (!result) return failed("saved configuration", result.error(), now);
                log::notice("wrote the {} configuration to flash: {} bytes saved by {} on {}", name_of(space),
                            stamp.size, stamp.by, config::date_of(stamp.at));
                wrote(space, {stamp, {}, true});
                news_();
            };
        });
        return;
    }
    if (!kept.selection || kept.selection->space == storage_.selected) return;
    following_ = true;
    select(*kept.selection, [this, now](const Result<void>& result) {
        following_ = false;
        if (!result) return failed("selection", result.error(), now);
        news_();
    });
}

}  // namespace baton
