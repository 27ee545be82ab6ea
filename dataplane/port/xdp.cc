// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_link.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "pmd-config/built_in.h"

namespace baton {
namespace {

struct Close {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};

using Object = std::unique_ptr<bpf_object, Close>;

Error because(const std::string& what, int error) {
    return failure(what + ": " + std::strerror(error));
}

Fd copy_of(int fd) {
    return Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
}

std::uint32_t id_of(int program) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

/// The name of the program with that id; "" when it is gone.
std::string name_of(std::uint32_t id) {
    const Fd program{bpf_prog_get_fd_by_id(id)};
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    return program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0 ? info.name : "";
}

/// Kernels before 5.18 do not know programs for frames in fragments: a second try goes without.
Result<Steering> load() {
    libbpf_set_print(nullptr);
    const auto bytes = built_in_steer_program();
    int error = 0;
    for (const bool fragments : {true, false}) {
        const Object object{bpf_object__open_mem(bytes.data(), bytes.size(), nullptr)};
        if (!object) return because("libbpf cannot read the built-in XDP program", errno);
        bpf_program* program = bpf_object__find_program_by_name(object.get(), "baton_steer");
        if (!fragments) bpf_program__set_flags(program, 0);
        if (const int result = bpf_object__load(object.get()); result != 0) {
            error = -result;
            continue;
        }
        return Steering{copy_of(bpf_program__fd(program)),
                        copy_of(bpf_object__find_map_fd_by_name(object.get(), "baton_sockets"))};
    }
    return because("the kernel refused the XDP program (it needs CONFIG_XDP_SOCKETS and CAP_BPF)", error);
}

Result<void> attach(unsigned interface, int program, std::string_view mode) {
    const auto index = static_cast<int>(interface);
    std::uint32_t there = 0;
    bpf_xdp_query_id(index, 0, &there);
    if (there != 0) {
        const std::string name = name_of(there);
        if (name != "baton_steer")
            return failure("the XDP program \"" + name + "\" (id " + std::to_string(there) +
                           ") is attached already; take it off with `ip link set dev IFACE xdp off`");
        bpf_xdp_detach(index, 0, nullptr);
    }
    int error = 0;
    for (const auto& [word, flag] : {std::pair<std::string_view, std::uint32_t>{"native", XDP_FLAGS_DRV_MODE},
                                     std::pair<std::string_view, std::uint32_t>{"generic", XDP_FLAGS_SKB_MODE}}) {
        if (mode != "auto" && mode != word) continue;
        error = -bpf_xdp_attach(index, program, flag | XDP_FLAGS_UPDATE_IF_NOEXIST, nullptr);
        if (error == 0) return {};
    }
    return because("cannot attach the XDP program in mode " + std::string(mode), error);
}

}  // namespace

Result<Steering> attach_steering(unsigned interface, std::string_view mode) {
    auto steering = load();
    if (!steering) return steering;
    if (auto attached = attach(interface, steering->program.get(), mode); !attached) return attached.error();
    return steering;
}

Result<void> confirm_steering(unsigned interface, int program, std::string_view mode) {
    std::uint32_t there = 0;
    bpf_xdp_query_id(static_cast<int>(interface), 0, &there);
    if (there != 0 && there == id_of(program)) return {};
    return attach(interface, program, mode);
}

Result<void> steer(int sockets, std::uint32_t queue, int socket) {
    if (bpf_map_update_elem(sockets, &queue, &socket, BPF_ANY) == 0) return {};
    return because("cannot steer queue " + std::to_string(queue) + " to the socket", errno);
}

void detach_steering(unsigned interface, int program) {
    std::uint32_t there = 0;
    bpf_xdp_query_id(static_cast<int>(interface), 0, &there);
    if (there != 0 && there == id_of(program)) bpf_xdp_detach(static_cast<int>(interface), 0, nullptr);
}

}  // namespace baton
