// SPDX-License-Identifier: Apache-2.0
// Profiles: how each kind of port is to be driven, as data (profiles/*.conf, one file per driver, traps told in their
// comments). A profile turns a PortSpec into a PortPlan: every option checked and given its default, and the text that
// DPDK is handed. The files are built into the programs; `--profiles DIR` reads others in their place.
//
//   devargs = net_tap{id},iface={iface}[,mac={mac}]
//     {iface}     the option's value         {id}   "1_3" for port 1:3, as device names may have no colon
//     [...]       left out when an option inside has no value
//     {room} {block}   bytes of a packet ring's frame and block for the switch's largest frame (net_af_packet)
//   option  = NAME; TYPE; required, optional or a preset value; HELP
//     TYPE: word number(64..4096 in steps of 8) number(64..4096 powers of 2) choice(a|b) interface mac path pci
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pmd-config/port_spec.h"

namespace baton {

enum class Bus : std::uint8_t { own, vdev, pci };  // own: wire, tap, xsk; not DPDK's
enum class LinkOf : std::uint8_t {
    driver,
    interface,
    tun
};  // as ethdev says, as {iface} is, as the driver's tun fd is
enum class SetMtu : std::uint8_t {
    driver,
    interface,
    no
};  // through ethdev, by the kernel interface {iface}, not at all

struct ProfileOption {
    enum class Type : std::uint8_t { word, number, choice, interface, mac, path, pci };

    std::string name;
    Type type{};
    std::uint64_t least = 0, most = UINT64_MAX;  // number
    std::uint64_t step = 1;                      // number: a multiple of it
    bool power = false;                          // number: a power of two
    std::vector<std::string> choices;            // choice
    bool required = false;
    std::optional<std::string> preset;  // used when the option is not given
    std::string help;

    /// What a value must be, for people: "a number from 64 to 65536".
    std::string expected() const;
    bool accepts(std::string_view value) const;
};

struct Profile {
    std::string kind;     // as in the configuration: "net_tap"
    std::string summary;  // one line, for `baton-pmd-config list`
    Bus bus = Bus::vdev;
    std::string devargs;  // template
    std::vector<ProfileOption> options;
    std::vector<std::string> claims;   // options whose value only one port may name
    std::vector<std::string> one_of;   // options of which at least one must be given
    std::uint16_t rx_descriptors = 0;  // 0: the driver's own choice
    std::uint16_t tx_descriptors = 0;
    SetMtu mtu = SetMtu::driver;
    std::uint32_t max_frame = 0;  // bytes without FCS that the driver can send at most; 0: no limit of its own
    LinkOf link = LinkOf::driver;
    std::uint16_t own_pool = 0;         // mbufs of 2 kB that the port needs for itself; 0: the switch's pool
    bool device_mac = false;            // the port's address is the device's (else it is made from the port's name)
    std::vector<std::string> offloads;  // asked for when the device has them

    const ProfileOption* option(std::string_view name) const;
};

class Profiles {
  public:
    /// What the program was built with.
    static const Profiles& built_in();

    /// All *.conf files of a folder; the error names file, line and fault.
    static Result<Profiles> read(const std::string& folder);

    const Profile* find(std::string_view kind) const;

    const std::vector<Profile>& all() const { return all_; }

    std::string kinds() const;  // "net_af_packet, net_tap, ..."

  private:
    std::vector<Profile> all_;
};

/// One profile from its file's text; `file` is for the error.
Result<Profile> parse_profile(const std::string& file, const std::string& text);

struct PortPlan {
    PortSpec spec;
    const Profile* profile = nullptr;
    std::map<std::string, std::string, std::less<>> values;  // given and preset
    std::string devargs;                                     // "net_tap1_3,iface=bt3"; empty for a kind of our own

    std::string device() const { return devargs.substr(0, devargs.find(',')); }

    std::string value(std::string_view name) const;     // "" when there is none
    std::uint32_t number(std::string_view name) const;  // 0 when there is none
};

/// Checks the port's options against its profile. All faults, each a sentence, are added to `faults`.
std::optional<PortPlan> plan_port(const PortSpec& spec, const Profiles& profiles, std::uint32_t max_frame,
                                  std::vector<std::string>& faults);

/// Bytes of frame room behind the headroom for a largest frame: room for tags and for kernel ring headers, in steps of
/// 512, so that whole rings of 4 KB pages can be built of it.
constexpr std::uint32_t frame_room(std::uint32_t max_frame) {
    return (max_frame + 256 + 511) / 512 * 512;
}

}  // namespace baton
