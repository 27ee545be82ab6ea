// SPDX-License-Identifier: Apache-2.0
// The table of commands. To add one: a row here, a handler in its family's file; tests/unit/commands checks the rest.
#include "controlplane/commands/registry.h"

#include <iterator>
#include <vector>

#include "controlplane/commands/handlers.h"

namespace baton::commands {
namespace {

constexpr Row rows[] = {
    // --- vlan ---
    {"create vlan <name> {number <tag>}",
     "Creates a VLAN without a tag and without ports",
     "A name begins with a letter and has at most 32 characters; names are compared without regard to case. Until\n"
     "`configure vlan <vlan> tag` gives it a tag, the VLAN carries untagged frames only.\n"
     "The number is what the tables call it by meanwhile; the highest free one when it is not said.",
     Role::change,
     plans(create_vlan),
     {}},
    {"delete vlan <vlan>",
     "Deletes a VLAN, its static entries and what was learned in it",
     "Ports that were untagged in it are then in no VLAN untagged, and drop untagged frames (no_port_vlan). VLAN\n"
     "Default stays.",
     Role::change,
     plans(delete_vlan),
     {}},
    {"configure vlan <vlan> tag <tag>",
     "Gives a VLAN its 802.1Q tag",
     "Frames that come tagged with it belong to the VLAN; it is what tagged member ports send. Two VLANs cannot have\n"
     "the same tag.",
     Role::change,
     plans(configure_vlan_tag),
     {}},
    {"configure vlan <vlan> add ports <portlist> {tagged | untagged}",
     "Makes ports members of a VLAN",
     "Untagged when neither is said. A port may be tagged in many VLANs but untagged in one only: delete it from that\n"
     "one (at first Default) before it is added untagged to another. All of the ports are added, or none.",
     Role::change,
     plans(configure_vlan_add_ports),
     {}},
    {"configure vlan <vlan> delete ports [<portlist> | all]",
     "Takes ports out of a VLAN",
     "What was learned behind them in that VLAN is forgotten.",
     Role::change,
     plans(configure_vlan_delete_ports),
     {}},
    {"show vlan {<vlan> | detail}",
     "Shows VLANs, their tags and their ports",
     "In the list, Ports is active/all. One VLAN's name or `detail` shows each port: * has a link, ! is disabled.",
     Role::read,
     shows(show_vlan, show_vlan_text),
     {}},

    // --- fdb ---
    {"create fdbentry <mac> vlan <vlan> [ports <portlist> | blackhole]",
     "Creates a permanent entry of the forwarding database",
     "The address is reached through that one port from now on, whatever is learned; it neither ages nor moves. With\n"
     "`blackhole` frames to and from it are dropped.",
     Role::change,
     plans(create_fdbentry),
     {}},
    {"delete fdbentry <mac> vlan <vlan>",
     "Deletes a permanent entry of the forwarding database",
     "The address may be learned again at once.",
     Role::change,
     plans(delete_fdbentry),
     {}},
    {"configure fdb agingtime <seconds>",
     "Sets how long an address that is not seen stays known",
     "0: for ever; else 15 to 1000000 seconds. The factory's value is 300.",
     Role::change,
     plans(configure_fdb_agingtime),
     {}},
    {"clear fdb {<mac> vlan <vlan> | vlan <vlan> | ports <portlist>}",
     "Forgets learned addresses",
     "All of them, one, those of a VLAN or those behind ports. Permanent entries stay. Frames to a forgotten address\n"
     "are flooded until it is learned again.",
     Role::change,
     acts(clear_fdb),
     {}},
    {"show fdb {<mac> | permanent | vlan <vlan> | ports <portlist>}",
     "Shows the forwarding database",
     "Sorted by VLAN and address up to 65,536 entries, larger tables in their own order. Age is in seconds, in steps "
     "of\n"
     "a fifth of the aging time. Flags: d dynamic, s static, p permanent, m MAC, b and B dropped from and to it.",
     Role::read,
     walks(show_fdb),
     {}},

    // --- ports ---
    {"enable ports [<portlist> | all]",
     "Lets ports forward",
     "Ports are enabled at the factory.",
     Role::change,
     plans(enable_ports),
     {}},
    {"disable ports [<portlist> | all]",
     "Keeps ports from receiving and sending",
     "What was learned behind them is forgotten; frames that come are dropped and counted (port_disabled).",
     Role::change,
     plans(disable_ports),
     {}},
    {"show ports {<portlist>} {info}",
     "Shows ports: state, link, what stands behind them",
     "Active: enabled and has a link. Ready: enabled, no link. Changes: how often the link went up or down.",
     Role::read,
     shows(show_ports, show_ports_text),
     {}},
    {"show ports {<portlist>} statistics",
     "Shows frames and bytes of each port",
     "Bytes are without preamble and FCS. Dropped counts every named drop of the port; `show drops` says which.",
     Role::read,
     shows(show_ports_statistics, show_ports_statistics_text),
     {}},
    {"show drops {ports <portlist>}",
     "Shows every frame that was not forwarded, by reason",
     "Reasons about receiving are counted at the port where the frame came in, reasons about sending at the port\n"
     "where it should have gone out; what the switch itself says came in by no port, and is under `switch`.\n"
     "Text shows what is not zero; JSON has every reason.",
     Role::read,
     shows(show_drops, show_drops_text),
     {}},
    {"show workers",
     "Shows the threads that forward: turns, gaps, learning",
     "Longest gap is the longest time between two turns of a worker round its ports since it started: no frame waited\n"
     "longer for the worker itself.",
     Role::read,
     shows(show_workers, show_workers_text),
     {}},

    // --- fabric ---
    {"show fabric",
     "Shows the planes between modules, and what crosses them",
     "Each board carries a plane. State is what is there, Usable what the modules were told; between the loss of a "
     "plane\n"
     "and the reprogramming of the modules, frames of its flows are lost (fabric_lost). Frames between ports of one\n"
     "module never cross. Full counts frames for which a plane's ring had no room.",
     Role::read,
     shows(show_fabric, show_fabric_text),
     {}},

    // --- system ---
    {"show switch {detail}",
     "Shows the switch: name, boards, data plane, uptime",
     "Begin here. `detail` is accepted for clients that say it.",
     Role::read,
     shows(show_switch, show_switch_text),
     {}},
    {"show version",
     "Shows what release each board runs",
     "Boards of neighbouring releases work together.",
     Role::read,
     shows(show_version, show_version_text),
     {}},
    {"configure sys-name <sysname>",
     "Names the switch",
     "The prompt shows it.",
     Role::change,
     plans(configure_sys_name),
     {}},
    {"configure snmp sysName <sysname>",
     "Names the switch (same as configure sys-name)",
     "The prompt shows it.",
     Role::change,
     plans(configure_sys_name),
     {}},
    {"show log {<severity>} {<count>}",
     "Shows the last lines of the log, oldest first",
     "With a severity: lines as severe as that, or more. The log is journalled: it is the same on both boards and\n"
     "survives a failover.",
     Role::read,
     shows(show_log, show_log_text),
     {}},
    {"clear log",
     "Empties the log behind show log",
     "What went to standard error or syslog stays there.",
     Role::change,
     acts(clear_log),
     {}},

    // --- syslog ---
    {"configure syslog {add} <host> {<severity>}",
     "Sends lines of the log to a syslog host",
     "Lines as severe as that, or more; all of them when no severity is said. By UDP in the form of RFC 5424, port "
     "514\n"
     "unless another is said. `enable syslog` switches it on. The host `local` is the machine's own syslog.",
     Role::change,
     plans(configure_syslog),
     {}},
    {"configure syslog delete <host>",
     "Sends no more lines to a syslog host",
     "`show syslog` lists the hosts.",
     Role::change,
     plans(configure_syslog_delete),
     {}},
    {"enable syslog",
     "Sends lines of the log to the syslog hosts",
     "`configure syslog` names them. A line that cannot be sent at once is counted and not waited for.",
     Role::change,
     plans(enable_syslog),
     {}},
    {"disable syslog",
     "Sends nothing to the syslog hosts",
     "They stay configured.",
     Role::change,
     plans(disable_syslog),
     {}},
    {"show syslog",
     "Shows the syslog hosts and what was sent to them",
     "Sent and lost are counted by the board that is master now.",
     Role::read,
     shows(show_syslog, show_syslog_text),
     {}},
    // --- configurations at rest ---
    {"show configuration {detail}",
     "Shows the commands that recreate the running configuration",
     "They may be given to a switch with the factory's configuration: baton -f FILE, or download configuration.\n"
     "Passwords appear as hashes, and to administrators only. `detail` is accepted for clients that say it.",
     Role::read,
     walks(show_configuration),
     {}},
    {"save {configuration} {primary | secondary}",
     "Stores the running configuration on both boards' flash",
     "In the selected space when neither is said. It is what the switch boots with; the asterisk in the prompt goes.\n"
     "A file is replaced whole or not at all, whatever happens in the middle.",
     Role::change,
     keeps(save_configuration),
     {}},
    {"use configuration [primary | secondary]",
     "Selects the stored configuration that the switch boots with",
     "The running configuration stays as it is. `save` without a space stores in the selected one.",
     Role::change,
     keeps(use_configuration),
     {}},
    {"upload configuration [<path> | <server> <filename>]",
     "Writes the running configuration to a file, or to a TFTP server",
     "A path begins with / or . and is a file of yours, on the machine where the CLI runs; the switch's boards see\n"
     "neither it nor its folder. A server is a name or an address, with :port when the server's is not 69.",
     Role::change,
     performs(upload_configuration, 70, ClientFile::write),
     {}},
    {"download configuration [<path> | <server> <filename>] {incremental}",
     "Takes a configuration from a file, or from a TFTP server",
     "Replaces the selected stored configuration, which the switch uses when it boots next; a faulty line is named "
     "and\n"
     "nothing is replaced. With `incremental` every line is applied to the running configuration now: a faulty one\n"
     "changes nothing, the others go on, and every line's outcome is said (exit code 1 when one failed).",
     Role::change,
     performs(download_configuration, 70, ClientFile::read),
     {}},
    {"unconfigure switch", "Returns the running configuration to the factory's",
     "Every port untagged in Default. What was saved stays: save makes the switch boot so.", Role::change,
     plans(unconfigure_switch), "Are you sure you want to return to the factory's configuration? (y or n) "},

    // --- boards ---
    {"show msm-failover",
     "Shows who carries the baton, and whether a failover now would be hitless",
     "For every subsystem the state and reason now, and the ones before. Duration is from the loss of the last master\n"
     "to the first command of the new one that the data plane took.",
     Role::read,
     shows(show_msm_failover, show_msm_failover_text),
     {}},
    {"check msm-failover",
     "Says whether a failover now is hitless, and what mends it if not",
     "Exit code 5 when something stands in the way: a setting, the slave or one of its subsystems, each with the "
     "command\n"
     "that mends it. Below, for every cause, what a failover would do.",
     Role::read,
     judges(check_msm_failover, check_msm_failover_text, check_msm_failover_code),
     {}},
    {"run msm-failover",
     "Hands the baton to the slave",
     "Refused (exit code 5) unless the slave is ready. What it costs is a matter of configuration: at the factory all\n"
     "links go down; `check msm-failover` says what would be lost and what mends it. A person is asked first if it is\n"
     "not hitless, a script is not. The old master restarts as slave.",
     Role::privileged,
     acts_after(ask_before_failover, run_msm_failover),
     {}},
    {"reboot slot [msm-a | msm-b] {hard-reset}", "Restarts a board",
     "The slave restarts and follows again. The master hands the baton over first. With hard-reset the board is "
     "killed\n"
     "at once, as if it were pulled out.",
     Role::privileged, acts(reboot_slot), "Are you sure you want to reboot this MSM? (y or n) "},

    {"run diagnostics slot [msm-a | msm-b] {normal | extended}",
     "Lets a board examine its own memory",
     "normal: headers of shared memory and the configuration's check value, which every board also looks at each "
     "second.\n"
     "extended: reads the journal, too, and compares; that holds the board for some milliseconds. A board that finds\n"
     "itself damaged ends; if it is the master, the slave takes over (cause hwFailure). Its fabric plane stays out "
     "until\n"
     "`reboot slot ... hard-reset`.",
     Role::privileged,
     acts(run_diagnostics),
     {}},

    // --- failover ---
    {"configure sys-recovery-level [none | [all | critical] [msm-failover | reboot | shutdown | system-dump "
     "[maintenance-mode | msm-failover | reboot | shutdown]]]",
     "Sets what a software exception in the master leads to",
     "msm-failover: the slave takes over as `configure msm-failover` says. reboot, and none: the switch comes up anew "
     "on\n"
     "the other MSM, with the configuration of its flash; links go down and all state is lost. An exception always "
     "ends\n"
     "the whole board, so critical and all come to the same. Cores are always kept, so system-dump is refused, and\n"
     "shutdown too: the switch would forward nothing. The factory's level is none.",
     Role::change,
     plans(configure_sys_recovery_level),
     {}},
    {"configure msm-failover slave-config [inherited | flash]",
     "Sets which configuration a new master goes on with",
     "inherited: the last master's, unsaved changes and all; hitless failover needs it. flash: its own saved one; "
     "this\n"
     "is the factory's, and refused while preserve-state is set.",
     Role::change,
     plans(configure_msm_slave_config),
     {}},
    {"configure msm-failover link-action [keep-links-up {preserve-state [l2 | l2_l3]} | take-links-down]",
     "Sets what becomes of links and learned state at a failover",
     "take-links-down (the factory's): every port loses its link for a moment, neighbours see it. keep-links-up alone\n"
     "forgets addresses but keeps links; preserve-state keeps layer 2, or layers 2 and 3, and is what makes a "
     "failover\n"
     "hitless. It needs slave-config inherited.",
     Role::change,
     plans(configure_msm_link_action),
     {}},
    {"configure msm-failover timeout <time>",
     "Sets how long a new master may take to confirm layer 3 entries",
     "What no database has confirmed by then is deleted. 30 to 300 seconds, 60 at the factory.",
     Role::change,
     plans(configure_msm_timeout),
     {}},
    {"configure msm-failover esrp-failover-mode [none | rapid-reelection | remain-esrp-master-in-l2-domains "
     "{<reelect-timeout>}]",
     "Sets what ESRP does at a failover",
     "none (the factory's): ESRP begins anew. rapid-reelection: standbys are told to elect at once.\n"
     "remain-esrp-master-in-l2-domains: they are told to wait, 30 seconds unless said otherwise.",
     Role::change,
     plans(configure_msm_esrp_mode),
     {}},
    {"configure msm-failover hang-action [discard | hitless]",
     "Sets what a failover after a hang does (watchdog, keepalive)",
     "discard (the factory's): all saved state is given up, the failed board is reset hard, and the new master takes "
     "the\n"
     "configuration of its flash. hitless: as after an exception with msm-failover.",
     Role::change,
     plans(configure_msm_hang_action),
     {}},
    {"unconfigure msm-failover",
     "Sets everything of msm-failover back to the factory's",
     "A failover then takes links down and preserves nothing; the timeout is 60 s. sys-recovery-level stays as it is.",
     Role::change,
     plans(unconfigure_msm_failover),
     {}},

    // --- accounts and sessions ---
    {"create account [admin | user] <name> {encrypted <hash> | <password>}",
     "Creates an operator's account",
     "A user may look, an admin may do everything. At a terminal the password is asked for when it is not said; an\n"
     "account without one cannot log in by password, but who comes as the operating system's user of that name (over\n"
     "ssh) has its role. The password itself is kept nowhere; `encrypted` takes the hash that show configuration "
     "prints.",
     Role::privileged,
     plans(create_account),
     {}},
    {"configure account <account> {encrypted <hash> | <password>}",
     "Changes an account's password",
     "Asked for at a terminal when it is not said; \"\" takes the password away. Sessions that logged in with the old "
     "one "
     "end.",
     Role::privileged,
     plans(configure_account),
     {}},
    {"delete account <account>",
     "Deletes an operator's account",
     "The last account of an administrator stays. Sessions of that account end.",
     Role::privileged,
     plans(delete_account),
     {}},
    {"show accounts",
     "Shows operators' accounts",
     "Logins are counted since this board became master.",
     Role::privileged,
     shows(show_accounts, show_accounts_text),
     {}},
    {"show session",
     "Shows who is logged in",
     "An asterisk marks this session. Sessions stay through a failover and keep their numbers.",
     Role::read,
     shows(show_session, show_session_text),
     {}},
    {"clear session <session>",
     "Ends a session",
     "Its client says by whom, and ends. Who may log in may do so again: delete account keeps them out.",
     Role::privileged,
     acts(clear_session),
     {}},

    // --- the session ---
    {"help {<command>}",
     "Lists the commands, or explains one",
     "`help show` lists all that begin so; ? explains what may follow at any place of a line.",
     Role::read,
     shows(help, help_text),
     {}},
    {"history",
     "Shows the lines of this session",
     "Cursor up and down bring them back.",
     Role::read,
     local("history"),
     {}},
    {"disable clipaging {session}",
     "Prints long answers without stopping",
     "For this session only.",
     Role::read,
     local("paging off"),
     {}},
    {"enable clipaging {session}",
     "Stops long answers at every page",
     "For this session only, and only on a terminal.",
     Role::read,
     local("paging on"),
     {}},
    {"disable cli prompting",
     "Asks nothing back",
     "For this session only: what would be asked counts as answered with y.",
     Role::read,
     local("asking off"),
     {}},
    {"enable cli prompting",
     "Asks before what cannot be taken back",
     "For this session only, and only on a terminal.",
     Role::read,
     local("asking on"),
     {}},
    {"configure cli columns <columns>",
     "Accepted for clients that say it",
     "Answers are never cut at the width of a terminal.",
     Role::read,
     local("nothing"),
     {}},
    {"exit",
     "Ends the session",
     "What is not saved stays in force; at a terminal an administrator is asked whether to save it.",
     Role::read,
     local("exit"),
     {}},
    {"quit",
     "Ends the session",
     "What is not saved stays in force; at a terminal an administrator is asked whether to save it.",
     Role::read,
     local("exit"),
     {}},
    {"logout",
     "Ends the session",
     "What is not saved stays in force; at a terminal an administrator is asked whether to save it.",
     Role::read,
     local("exit"),
     {}},
};

struct Gloss {
    std::string_view word, help;
};

constexpr Gloss glossary[] = {
    {"add", "Add to it"},
    {"agingtime", "How long what is not used stays known"},
    {"account", "Accounts of operators"},
    {"access-list", "Rules about packets that come in"},
    {"check", "Judge, with an exit code"},
    {"clear", "Empty or forget"},
    {"cli", "How this session behaves"},
    {"clipaging", "Stopping at every page"},
    {"configuration", "The running configuration, or a stored one"},
    {"configure", "Change the configuration (also: config)"},
    {"create", "Make a new VLAN or entry"},
    {"delete", "Remove"},
    {"disable", "Switch off"},
    {"enable", "Switch on"},
    {"fdb", "The forwarding database"},
    {"icmp", "Messages that the switch sends about packets"},
    {"iparp", "The ARP table: neighbors' MAC addresses"},
    {"ip-mtu", "The largest IP packet"},
    {"ipfdb", "The IP forwarding database: hosts"},
    {"ipforwarding", "Routing between VLANs"},
    {"ipconfig", "IP addresses, and what holds for layer 3"},
    {"iproute", "Routes"},
    {"neighbor-discovery", "Neighbors of IPv6"},
    {"fdbentry", "A permanent entry of the forwarding database"},
    {"log", "The log"},
    {"msm-failover", "The two boards and the baton"},
    {"ports", "Ports"},
    {"prompting", "Asking before what cannot be taken back"},
    {"run", "Do it now"},
    {"session", "Sessions of operators"},
    {"show", "Look at something"},
    {"sys-recovery-level", "What a software exception leads to"},
    {"unconfigure", "Back to the factory's"},
    {"syslog", "Sending the log to other machines"},
    {"switch", "The switch as a whole"},
    {"vlan", "VLANs"},
};

constexpr Gloss option_glossary[] = {
    {"admin", "May do everything"},
    {"any", "All of them"},
    {"all", "Every one"},
    {"blackhole", "Drop what is sent to it"},
    {"bgp", "Learned by BGP"},
    {"cache", "What is known of them"},
    {"checking", "Believe senders within the VLAN's subnets only"},
    {"default", "All other destinations"},
    {"deny", "Drop what matches"},
    {"destination", "Where packets go"},
    {"detail", "All there is to it"},
    {"direct", "The switch's own subnets and addresses"},
    {"discard", "Give up all saved state"},
    {"encrypted", "A hash in place of the password"},
    {"esrp-failover-mode", "What ESRP does at a failover"},
    {"flash", "The new master's own saved configuration"},
    {"hang-action", "What a failover after a hang does"},
    {"hitless", "As after any other failover"},
    {"inherited", "The last master's configuration"},
    {"keep-links-up", "Ports are not reset"},
    {"ip-port", "Ports of TCP or UDP"},
    {"l2", "Layer 2: learned addresses, protocol states"},
    {"l2_l3", "Layers 2 and 3"},
    {"link-action", "What becomes of links and learned state"},
    {"none", "Nothing of the kind"},
    {"preserve-state", "Keep what was learned, too"},
    {"range", "From one port to another"},
    {"rapid-reelection", "Standbys elect at once"},
    {"reboot", "The switch comes up anew, on the other MSM"},
    {"redirects", "A better first hop"},
    {"refresh", "Ask before an entry times out"},
    {"unreachables", "What cannot be reached"},
    {"remain-esrp-master-in-l2-domains", "Standbys wait"},
    {"rip", "Learned by RIP"},
    {"slave-config", "Which configuration a new master goes on with"},
    {"take-links-down", "Every port loses its link for a moment"},
    {"timeout", "How long a new master may take"},
    {"hard-reset", "Kill it at once, as if it were pulled out"},
    {"ipaddress", "The address of a VLAN, and its subnet"},
    {"ipv6", "IP version 6"},
    {"max-entries", "How many there may be"},
    {"max-pending-entries", "How many may wait for an answer"},
    {"info", "State, link and what stands behind the port"},
    {"incremental", "Apply it now, line by line"},
    {"msm-a", "The board in slot A"},
    {"msm-b", "The board in slot B"},
    {"permit", "Forward what matches"},
    {"precedence", "Which of several rules decides: the lowest number"},
    {"origin", "Where they come from"},
    {"ospf", "Learned by OSPF"},
    {"permanent", "Only entries that were configured"},
    {"primary", "The first of the two stored configurations"},
    {"secondary", "The second of the two stored configurations"},
    {"slot", "The board in that slot"},
    {"source", "Where packets come from"},
    {"static", "Configured"},
    {"statistics", "Frames and bytes"},
    {"tag", "The 802.1Q tag"},
    {"tagged", "Frames leave with the VLAN's tag"},
    {"untagged", "Frames leave without a tag"},
    {"user", "May look, not touch"},
};

template <std::size_t count>
std::string_view find(const Gloss (&in)[count], std::string_view keyword) {
    for (const auto& gloss : in)
        if (gloss.word == keyword) return gloss.help;
    return {};
}

}  // namespace

std::span<const Row> commands() {
    static const std::vector<Row> all = [] {
        std::vector<Row> out(std::begin(rows), std::end(rows));
        for (const auto part : {routing_commands(), access_list_commands()})
            out.insert(out.end(), part.begin(), part.end());
        return out;
    }();
    return all;
}

std::string_view word_help(std::string_view keyword) {
    return find(glossary, keyword);
}

std::string_view option_help(std::string_view keyword) {
    return find(option_glossary, keyword);
}

}  // namespace baton::commands
