// SPDX-License-Identifier: Apache-2.0
// An applier in a few lines, over tables in plain memory: takes commands from the ring of the current term and stores
// what they say and what became of them, as the data plane does. Layer 3's are done by the data plane's own code, for
// its tables are no plain words. A test steps it, stops it, and makes it refuse or lie.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "controlplane/program/commands.h"
#include "controlplane/program/routes_image.h"
#include "dataplane/applier/routing.h"
#include "controlplane/program/access_lists.h"
#include "dataplane/table/acl_slots.h"
#include "sync/base/time.h"
#include "sync/channel/command_ring.h"
#include "tests/support/arena.h"

namespace baton::test {

class DataplaneInMemory {
  public:
    TablesArena& tables() { return *tables_; }

    CommandArena& commands() { return *commands_; }

    const RoutesControl& routes() const { return *layer3().arena.as<RoutesControl>(); }
    AclArena& acl() { return *acl_; }

    AclSlots<>& rules() { return rules_; }

    void start(const std::vector<PortName>& ports) {
        PortId id = 3;  // not 1, so that nobody confuses number and position
        for (PortEntry& entry : tables_->ports) entry.present.store(0);
        for (const PortName name : ports) {
            PortEntry& entry = tables_->ports[id++];
            entry.module = name.module;
            entry.port = name.port;
            entry.enabled.store(1);
            entry.link_up.store(1);
            entry.present.store(1);
        }
        tables_->applier.port_count.store(static_cast<std::uint32_t>(ports.size()));
        tables_->applier.incarnation.fetch_add(1);
        beat();
    }

    void beat() { tables_->applier.heartbeat_ns.store(monotonic_now().ns); }

    /// As the chassis does before a grant.
    void open_ring(Term term) {
        CommandRing& ring = commands_->rings[term % ring_count];
        ring.term.store(0);
        ring.written.store(0);
        ring.term.store(term);
        tables_->applier.applied.store(0);
        tables_->applier.term.store(term);
        layer3().routing.term_began();
    }

    /// Takes up to `most` commands; how many it took.
    std::size_t step(std::size_t most = ~std::size_t{0}) {
        const Term term = tables_->applier.term.load();
        CommandReader reader(*commands_);
        Command command;
        std::size_t taken = 0;
        beat();
        for (; taken < most && reader.next(term, tables_->applier.applied.load(), command); ++taken) {
            said.push_back(command);
            Outcome outcome = refuse ? refuse(command) : Outcome::done;
            if (outcome == Outcome::done && !(lie && lie(command))) outcome = apply(command);
            tables_->applier.outcomes[(command.sequence - 1) % ring_slots].store(static_cast<std::uint32_t>(outcome));
            tables_->applier.applied.store(command.sequence);
        }
        return taken;
    }

    Outcome apply(const Command& command) {
        switch (command.type) {
            case CommandType::vlan_set: {
                const auto set = command.get<VlanSet>();
                VlanEntry& entry = tables_->vlans[set.vlan];
                for (int i = 0; i < 4; ++i) {
                    entry.member[i].store(set.member.words[i]);
                    entry.untagged[i].store(set.untagged.words[i]);
                }
                entry.flags.store(set.flags);
                entry.confirmed_term.store(command.term);
                entry.present.store(1);
                break;
            }
            case CommandType::vlan_delete: vlan_gone(command.get<VlanDelete>().vlan); break;
            case CommandType::port_set: {
                const auto set = command.get<PortConfig>();
                tables_->ports[set.port].port_vlan.store(set.port_vlan);
                tables_->ports[set.port].enabled.store(static_cast<std::uint8_t>(set.enabled));
                break;
            }
            case CommandType::fdb_static_set: {
                const auto set = command.get<FdbStatic>();
                const bool black = set.flags & static_blackhole;
                statics_[{set.vlan, set.mac}] = {black ? no_port : set.port, black};
                confirmed_[{set.vlan, set.mac}] = {command.term, command.owner};
                break;
            }
            case CommandType::fdb_static_delete: {
                const auto set = command.get<FdbStatic>();
                statics_.erase({set.vlan, set.mac});
                break;
            }
            case CommandType::acl_set: {
                const auto rule = command.get<AclRule>();
                if (const auto slot = rules_.find(rule))
                    rules_.confirm(*slot, command.term);
                else
                    rules_.put(rule, command.term);
                break;
            }
            case CommandType::acl_delete: forget_rule(command.get<AclRule>()); break;
            case CommandType::fabric_set: tables_->fabric.usable.store(command.get<FabricSet>().usable); break;
            case CommandType::fdb_aging: tables_->applier.aging_seconds.store(command.get<FdbAging>().seconds); break;
            case CommandType::end_of_table:
                std::erase_if(statics_, [&](const auto& item) {
                    const auto& [term, owner] = confirmed_[item.first];
                    return term != command.term && owner == command.owner;
                });
                if (command.owner != Owner::configuration) break;
                for (const AclEntry& entry : rules_.entries())
                    if (rules_.confirmed(entry.slot) != command.term) forget_rule(entry.rule);
                ++ends_of_table;
                for (VlanId id = 1; id < max_vlans; ++id)
                    if (tables_->vlans[id].present.load() && tables_->vlans[id].confirmed_term.load() != command.term)
                        vlan_gone(id);
                sweep_routes(command);
                break;
            case CommandType::hardware_reset:
                if (command.get<HardwareReset>().what & reset_l3) layer3().routing.forget_all();
                break;
            default:
                if (is_layer3(command)) return layer3().routing.apply(command);
        }
        return Outcome::done;
    }

    Image image() const {
        Image image = image_of(*tables_);
        image.statics = statics_;
        RoutesImage read(routes());
        while (read.read(1000)) {
        }
        image.routes = read.routes();
        image.ipfdb_aging_seconds = routes().ipfdb_aging.load();
        add_access_lists(image, *acl_);
        return image;
    }

    std::function<Outcome(const Command&)> refuse;
    std::function<bool(const Command&)> lie;  // true: said to be done, and not done
    std::vector<Command> said;                // everything that step() took
    int ends_of_table = 0;

  private:
    struct Layer3 {
        explicit Layer3(TablesArena& tables)
            : maintenance(std::move(*RoutesMaintenance::open(fd.get(), arena.bytes(), Time{1}))),
              routing(tables, &maintenance, [](VlanId, std::span<const std::uint8_t>) { return true; }) {}

        Fd fd;
        Mapping arena = test::arena<RoutesControl>(ArenaKind::routes, &fd, routes_arena_size, 4096);
        RoutesMaintenance maintenance;
        Routing routing;
    };

    Layer3& layer3() const {
        if (!layer3_) layer3_ = std::make_unique<Layer3>(*tables_);
        return *layer3_;
    }

    void vlan_gone(VlanId vlan) {
        tables_->vlans[vlan].present.store(0);
        layer3().routing.remove_interface(vlan);
    }

    void sweep_routes(const Command& command) {
        RouteSweep sweep = layer3().maintenance.begin_sweep(command.owner, command.term);
        while (!layer3().maintenance.sweep(sweep)) {
        }
    }

    void forget_rule(const AclRule& rule) {
        const auto slot = rules_.find(rule);
        if (!slot) return;
        rules_.leave(*slot);
        rules_.release(*slot);
    }

    std::unique_ptr<AclArena> acl_ = std::make_unique<AclArena>();
    AclSlots<> rules_{*acl_};
    std::unique_ptr<TablesArena> tables_ = std::make_unique<TablesArena>();
    mutable std::unique_ptr<Layer3> layer3_;  // made when it is first needed
    std::unique_ptr<CommandArena> commands_ = std::make_unique<CommandArena>();
    std::map<std::pair<VlanId, std::uint64_t>, StaticImage> statics_;
    std::map<std::pair<VlanId, std::uint64_t>, std::pair<Term, Owner>> confirmed_;  // who last said it, in which term
};

}  // namespace baton::test
