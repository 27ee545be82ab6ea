// SPDX-License-Identifier: Apache-2.0
// Every handler's name, for the table. Each family is one file: vlan.cc fdb.cc fdb_show.cc ports.cc fabric.cc system.cc
// access_list.cc access_list_show.cc
// log.cc msm.cc msm_configure.cc msm_check.cc storage.cc account.cc help.cc.
#pragma once

#include "controlplane/commands/call.h"

namespace baton::commands {

Result<Plan> create_vlan(const Call&);
Result<Plan> delete_vlan(const Call&);
Result<Plan> configure_vlan_tag(const Call&);
Result<Plan> configure_vlan_add_ports(const Call&);
Result<Plan> configure_vlan_delete_ports(const Call&);
Result<Json> show_vlan(const Call&);
std::string show_vlan_text(const Json&);

Result<Plan> create_fdbentry(const Call&);
Result<Plan> delete_fdbentry(const Call&);
Result<Plan> configure_fdb_agingtime(const Call&);
void clear_fdb(const Call&, Done);
Result<std::unique_ptr<Walk>> show_fdb(const Call&);

Result<Plan> enable_ports(const Call&);
Result<Plan> disable_ports(const Call&);
Result<Json> show_ports(const Call&);
std::string show_ports_text(const Json&);
Result<Json> show_ports_statistics(const Call&);
std::string show_ports_statistics_text(const Json&);
Result<Json> show_drops(const Call&);
std::string show_drops_text(const Json&);
Result<Json> show_workers(const Call&);
std::string show_workers_text(const Json&);

Result<Json> show_fabric(const Call&);
std::string show_fabric_text(const Json&);
Result<Json> show_fpm(const Call&);
std::string show_fpm_text(const Json&);

Result<Json> show_switch(const Call&);
std::string show_switch_text(const Json&);
Result<Json> show_version(const Call&);
std::string show_version_text(const Json&);
Result<Plan> configure_sys_name(const Call&);

Result<Json> show_log(const Call&);
std::string show_log_text(const Json&);
void clear_log(const Call&, Done);

Result<Plan> configure_syslog(const Call&);
Result<Plan> configure_syslog_delete(const Call&);
Result<Plan> enable_syslog(const Call&);
Result<Plan> disable_syslog(const Call&);
Result<Json> show_syslog(const Call&);
std::string show_syslog_text(const Json&);

Result<Json> show_msm_failover(const Call&);
std::string show_msm_failover_text(const Json&);
void run_msm_failover(const Call&, Done);
void reboot_slot(const Call&, Done);
void run_diagnostics(const Call&, Done);

Result<Plan> configure_sys_recovery_level(const Call&);
Result<Plan> configure_msm_slave_config(const Call&);
Result<Plan> configure_msm_link_action(const Call&);
Result<Plan> configure_msm_timeout(const Call&);
Result<Plan> configure_msm_esrp_mode(const Call&);
Result<Plan> configure_msm_hang_action(const Call&);
Result<Plan> unconfigure_msm_failover(const Call&);
Result<Json> check_msm_failover(const Call&);
std::string check_msm_failover_text(const Json&);
Code check_msm_failover_code(const Json&);
std::string ask_before_failover(const Call&);

Result<std::unique_ptr<Walk>> show_configuration(const Call&);
void save_configuration(const Call&, Done);
void use_configuration(const Call&, Done);
void upload_configuration(const Call&, std::function<void(Output)>);
void download_configuration(const Call&, std::function<void(Output)>);
Result<Plan> unconfigure_switch(const Call&);

Result<Plan> configure_vlan_ipaddress(const Call&);
Result<Plan> unconfigure_vlan_ipaddress(const Call&);
Result<Plan> enable_ipforwarding(const Call&);
Result<Plan> disable_ipforwarding(const Call&);
Result<Plan> configure_ip_mtu(const Call&);
Result<Plan> enable_icmp(const Call&);
Result<Plan> disable_icmp(const Call&);

Result<Plan> configure_iproute_add(const Call&);
Result<Plan> configure_iproute_delete(const Call&);
Result<Plan> configure_iproute_add_blackhole(const Call&);
Result<Plan> configure_iproute_delete_blackhole(const Call&);

Result<std::unique_ptr<Walk>> show_iproute(const Call&);
Result<std::unique_ptr<Walk>> show_ipfdb(const Call&);
void clear_ipfdb(const Call&, Done);
Result<Json> show_ipconfig(const Call&);
std::string show_ipconfig_text(const Json&);

Result<Plan> configure_neighbor_add(const Call&);
Result<Plan> configure_neighbor_delete(const Call&);
Result<Plan> configure_iparp_timeout(const Call&);
Result<Plan> configure_iparp_max_entries(const Call&);
Result<Plan> configure_iparp_max_pending(const Call&);
Result<Plan> enable_iparp(const Call&);
Result<Plan> disable_iparp(const Call&);
Result<std::unique_ptr<Walk>> show_neighbors(const Call&);
void clear_neighbors(const Call&, Done);
Result<Plan> configure_ipfdb_agingtime(const Call&);

Result<Plan> create_account(const Call&);
Result<Plan> configure_account(const Call&);
Result<Plan> delete_account(const Call&);
Result<Json> show_accounts(const Call&);
std::string show_accounts_text(const Json&);
Result<Json> show_session(const Call&);
std::string show_session_text(const Json&);
void clear_session(const Call&, Done);

Result<Plan> create_access_list(const Call&);
Result<Plan> delete_access_list(const Call&);
Result<std::unique_ptr<Walk>> show_access_list(const Call&);
Result<Json> show_access_list_monitor(const Call&);
std::string show_access_list_monitor_text(const Json&);

Result<Json> help(const Call&);
std::string help_text(const Json&);

}  // namespace baton::commands
