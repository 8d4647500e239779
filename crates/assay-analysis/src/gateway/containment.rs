//! What to preserve, then what to end: commands for a person to review. None is ever run.
//!
//! There is no command that ends a session by its SessionId (vendor's command help of 2017), so sessions are ended by user,
//! and the user is named by the session only: who runs the command looks it up.

use std::collections::BTreeSet;

use assay_model::{SessionVerdict, TakeoverVerdict, Vulnerability, VulnerableStatus};

/// What is lost first stands first. Ending sessions and patching destroy what shows who was in.
const PRESERVE: [&str; 6] = [
    "both nodes of the pair: the list of sessions as it stands now (`show aaa session`, `show vpn icaConnection`): ending sessions erases it",
    "both nodes: all of /var/log, before anything else writes to it: the ring holds some 25 files of 100 KB by default, hours to days",
    "both nodes: a snapshot of the virtual machine with its memory, or a core dump of the packet engines (NSPPE), before a restart: what was in memory shows what leaked",
    "both nodes: /nsconfig (ns.conf and its saved versions), /var/nsinstall, /var/core, /var/crash, /var/vpn, /netscaler/ns_gui, /etc/httpd.conf, crontabs, and the output of `show ns version` and `show ns info`",
    "what stands in front and behind: the central syslog of the appliance, logs of the proxy or firewall before it (they hold the request of CVE-2023-4966, which the appliance does not log), logs of StoreFront, of the VDAs (registry Evidence\\ClientIP) and of the domain controllers",
    "a hash of every copy, and who made it when",
];

/// What to copy first, where a session was flagged or a build stood open; empty else.
pub(super) fn preserve(flagged: &[SessionVerdict], vulnerable: &[Vulnerability]) -> Vec<String> {
    if is_called_for(flagged, vulnerable) { PRESERVE.map(str::to_owned).to_vec() } else { Vec::new() }
}

/// Said before the commands that end sessions.
const PATCH: &str = "# then patch both nodes of the pair: a patch does not end sessions already stolen, so what follows comes after it on both";

/// Said before anything else.
const PRESERVE_FIRST: &str =
    "# first preserve the evidence, on both nodes: ending sessions and patching destroy what shows who was in";

/// Said before the commands that end whatever else is open.
const END_REST: &str = "# then every other session: stolen ones that nobody saw are among them";

/// Said last.
const CREDENTIALS: &str = "# then new passwords and new enrolment of the second factor for those users, and new secrets that the appliance held";

/// The vendor's list for after CVE-2023-4966 (second hand), in its order.
const END_ALL: [&str; 5] = [
    "kill icaconnection -all",
    "kill rdp connection -all",
    "kill pcoipConnection -all",
    "kill aaa session -all",
    "clear lb persistentSessions",
];

fn is_called_for(flagged: &[SessionVerdict], vulnerable: &[Vulnerability]) -> bool {
    let stood_open = vulnerable.iter().any(|flaw| {
        flaw.from.is_some() || matches!(flaw.status, VulnerableStatus::Vulnerable | VulnerableStatus::Ambiguous)
    });
    stood_open || flagged.iter().any(|verdict| verdict.verdict == TakeoverVerdict::ConsistentWithTakeover)
}

/// The commands, where a session was flagged or a build stood open; empty else.
pub(super) fn commands(flagged: &[SessionVerdict], vulnerable: &[Vulnerability]) -> Vec<String> {
    if !is_called_for(flagged, vulnerable) {
        return Vec::new();
    }
    let mut commands = vec![PRESERVE_FIRST.to_owned(), PATCH.to_owned()];
    // One line a user: there is no command that ends a session by its number.
    let mut users = BTreeSet::new();
    for verdict in flagged.iter().filter(|verdict| verdict.verdict == TakeoverVerdict::ConsistentWithTakeover) {
        let session = &verdict.session;
        let user = session.user.as_ref().map(|user| user.reveal().to_lowercase());
        if users.insert(user.unwrap_or_else(|| session.session_id.to_string())) {
            commands.push(format!("kill aaa session -userName [user of session {}]", session.session_id));
            if session.detail.launches > 0 {
                commands.push(format!("kill vpn icaConnection -userName [user of session {}]", session.session_id));
            }
        }
    }
    commands.push(END_REST.to_owned());
    commands.extend(END_ALL.map(str::to_owned));
    commands.push(CREDENTIALS.to_owned());
    commands
}
