// SPDX-License-Identifier: Apache-2.0
// The library wants the first field in one byte and all others in groups of four bytes that lie side by side:
//
//   group  bytes of AclKey  fields
//   0      0                what: protocol and "ports known", as bits
//   1      4 to 7           destination, as prefix
//   2      8 to 11          source, as prefix
//   3      12 to 15         destination and source port, as ranges
//   4      16 to 19         ingress, as range; left out when every rule takes any
//
// A set of ingress ports is as many rules as it has runs; "any" is one. Of rules that match the library takes the
// highest priority: the first rule has it.
#include "dataplane/table/acl_compiled.h"

#include <rte_acl.h>
#include <rte_memory.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>

namespace baton {
namespace {

enum FieldIndex : unsigned { what, destination, source, destination_port, source_port, ingress, filler, field_count };

constexpr unsigned fields_without_ingress = ingress;

RTE_ACL_RULE_DEF(CompiledRule, field_count);

constexpr rte_acl_field_def field(std::uint8_t type, std::uint8_t size, std::uint8_t index, std::uint8_t group,
                                  std::size_t offset) {
    return {type, size, index, group, static_cast<std::uint32_t>(offset)};
}

constexpr rte_acl_field_def fields[field_count] = {
    field(RTE_ACL_FIELD_TYPE_BITMASK, 1, what, 0, offsetof(AclKey, what)),
    field(RTE_ACL_FIELD_TYPE_MASK, 4, destination, 1, offsetof(AclKey, destination)),
    field(RTE_ACL_FIELD_TYPE_MASK, 4, source, 2, offsetof(AclKey, source)),
    field(RTE_ACL_FIELD_TYPE_RANGE, 2, destination_port, 3, offsetof(AclKey, destination_port)),
    field(RTE_ACL_FIELD_TYPE_RANGE, 2, source_port, 3, offsetof(AclKey, source_port)),
    field(RTE_ACL_FIELD_TYPE_RANGE, 2, ingress, 4, offsetof(AclKey, ingress)),
    field(RTE_ACL_FIELD_TYPE_RANGE, 2, filler, 4, offsetof(AclKey, pad2)),
};

bool is_any(const PortSet256& ports) {
    return (ports.words[0] & ports.words[1] & ports.words[2] & ports.words[3]) == ~0ull;
}

CompiledRule compiled(const AclEntry& entry, std::size_t place, PortId first, PortId last) {
    const AclRule& rule = entry.rule;
    CompiledRule out{};
    out.data.category_mask = 1;
    out.data.priority = static_cast<std::int32_t>(RTE_ACL_MAX_PRIORITY - place);
    out.data.userdata = static_cast<std::uint32_t>(place) + 1;
    out.field[what].value.u8 = AclLinear::what_value(rule);
    out.field[what].mask_range.u8 = AclLinear::what_mask(rule);
    out.field[destination].value.u32 = rule.destination;
    out.field[destination].mask_range.u32 = rule.destination_length;
    out.field[source].value.u32 = rule.source;
    out.field[source].mask_range.u32 = rule.source_length;
    out.field[destination_port].value.u16 = rule.destination_first;
    out.field[destination_port].mask_range.u16 = rule.destination_last;
    out.field[source_port].value.u16 = rule.source_first;
    out.field[source_port].mask_range.u16 = rule.source_last;
    out.field[ingress].value.u16 = first;
    out.field[ingress].mask_range.u16 = last;
    out.field[filler].value.u16 = 0;
    out.field[filler].mask_range.u16 = 65535;
    return out;
}

void add(std::vector<CompiledRule>& into, const AclEntry& entry, std::size_t place) {
    const PortSet256& ports = entry.rule.ports;
    if (is_any(ports)) return into.push_back(compiled(entry, place, 0, 65535));
    for (unsigned first = 0; first < max_ports; ++first) {
        if (!ports.has(static_cast<PortId>(first))) continue;
        unsigned last = first;
        while (last + 1 < max_ports && ports.has(static_cast<PortId>(last + 1))) ++last;
        into.push_back(compiled(entry, place, static_cast<PortId>(first), static_cast<PortId>(last)));
        first = last;
    }
}

class Compiled final : public AclImage {
  public:
    Compiled(const std::vector<AclEntry>& entries, rte_acl_ctx* context) : AclImage(entries), context_(context) {}

    ~Compiled() override { rte_acl_free(context_); }

    void classify(const AclKey* keys, std::uint32_t* found, unsigned count) const override {
        const std::uint8_t* data[AclView::most];
        for (unsigned i = 0; i < count; ++i) data[i] = reinterpret_cast<const std::uint8_t*>(keys + i);
        rte_acl_classify(context_, data, found, count, 1);
    }

  private:
    rte_acl_ctx* context_;
};

}  // namespace

std::shared_ptr<const AclImage> compile_acl(const std::vector<AclEntry>& entries) {
    std::vector<CompiledRule> rules;
    rules.reserve(entries.size());
    bool any_port = true;
    for (std::size_t place = 0; place < entries.size(); ++place) {
        any_port = any_port && is_any(entries[place].rule.ports);
        add(rules, entries[place], place);
    }

    static std::atomic<unsigned> made = 0;
    const std::string name = "acl-" + std::to_string(made.fetch_add(1));
    rte_acl_param param{};
    param.name = name.c_str();
    param.socket_id = SOCKET_ID_ANY;
    param.rule_size = RTE_ACL_RULE_SZ(field_count);
    param.max_rule_num = static_cast<std::uint32_t>(rules.size());
    std::unique_ptr<rte_acl_ctx, decltype(&rte_acl_free)> context(rte_acl_create(&param), &rte_acl_free);
    if (!context) return nullptr;
    static_assert(sizeof(CompiledRule) == RTE_ACL_RULE_SZ(field_count));
    if (rte_acl_add_rules(context.get(), reinterpret_cast<const rte_acl_rule*>(rules.data()),
                          static_cast<std::uint32_t>(rules.size())) != 0)
        return nullptr;
    rte_acl_config config{};
    config.num_categories = 1;
    config.num_fields = any_port ? fields_without_ingress : field_count;
    std::copy(std::begin(fields), std::begin(fields) + config.num_fields, std::begin(config.defs));
    if (rte_acl_build(context.get(), &config) != 0) return nullptr;
    return std::make_shared<const Compiled>(entries, context.release());
}

}  // namespace baton
