//! What to preserve, then what to end: commands for a person to review. None is ever run.
//!
//! There is no command that ends a session by its SessionId (vendor's command help of 2017), so sessions are ended by user,
//! and the user is named by the session only: who runs the command looks it up.

use assay_model::{SessionVerdict, TakeoverVerdict, Vulnerability, VulnerableStatus};

/// Said before anything else: ending sessions and patching destroy what shows who was in.
const PRESERVE: &str = "# first preserve the evidence, on both nodes: copy /var/log, the list of `show aaa session`, ns.conf and \
    its saved versions, and take a snapshot or core dump; the log ring is small (some 2.5 MB by default) and ending sessions or \
    patching destroys what shows who was in";

/// Said before the commands that end all sessions.
const PATCH: &str =
    "# then patch both nodes of the pair, then end every session: a patch does not end sessions already stolen";

/// The vendor's list for after CVE-2023-4966 (second hand), in its order.
const END_ALL: [&str; 5] = [
    "kill icaconnection -all",
    "kill rdp connection -all",
    "kill pcoipConnection -all",
    "kill aaa session -all",
    "clear lb persistentSessions",
];

/// The commands, where a session was flagged or a build stood open; empty else.
pub(super) fn commands(flagged: &[SessionVerdict], vulnerable: &[Vulnerability]) -> Vec<String> {
    let taken = || flagged.iter().filter(|verdict| verdict.verdict == TakeoverVerdict::ConsistentWithTakeover);
    let stood_open = vulnerable.iter().any(|flaw| {
        flaw.from.is_some() || matches!(flaw.status, VulnerableStatus::Vulnerable | VulnerableStatus::Ambiguous)
    });
    if taken().next().is_none() && !stood_open {
        return Vec::new();
    }
    let mut commands = vec![PRESERVE.to_owned()];
    commands.extend(
        taken().map(|verdict| format!("kill aaa session -userName [user of session {}]", verdict.session.session_id)),
    );
    commands.push(PATCH.to_owned());
    commands.extend(END_ALL.map(str::to_owned));
    commands
}
