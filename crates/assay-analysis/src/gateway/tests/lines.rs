//! Headers and bodies as firmware, relays and collectors write them. People and addresses are made up.

use super::*;

const BODY: &str = "Context ann@198.51.100.4 - SessionId: 13370 - User ann - Client_ip 198.51.100.4 - Nat_ip 192.0.2.9 - Vserver \
    192.0.2.1:443 - Source 198.51.100.4:333 - Destination 10.0.0.5:443 - Start_time \"07/13/2024:01:08:10 GMT\" - End_time \
    \"07/13/2024:01:08:11 GMT\" - Duration 00:00:01  - Total_bytes_send 5 - Total_bytes_recv 3625 - Total_compressedbytes_send 0 - \
    Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - Access Allowed - Group(s) \"N/A\"";

#[test]
fn every_header_form_is_read() {
    let told = "connection | 13370 | ann | 198.51.100.4 | 198.51.100.4 333 | 10.0.0.5 443 | 5/3625 | - | -";
    let forms = [
        (
            "<134> 07/13/2024:01:08:11 GMT ns2 0-PPE-0 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | ns2 | 0-PPE-0 | 441",
        ),
        (
            "<134> 07/13/2024:01:08:11  ns1 0-PPE-0 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11 | ns1 | 0-PPE-0 | 441",
        ),
        (
            "<135> 07/13/2024:01:08:11 PRODSY3VPX01 0-PPE-0 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11 | PRODSY3VPX01 | 0-PPE-0 | 441",
        ),
        (
            "<135> 07/13/2024:01:08:11 GMT  0-PPE-6 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z |  | 0-PPE-6 | 441",
        ),
        (
            "07/13/2024:01:08:11   0-PPE-0 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11 |  | 0-PPE-0 | 441",
        ),
        (
            "2024/07/13:01:08:11  ADC 0-PPE-2 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11 | ADC | 0-PPE-2 | 441",
        ),
        (
            "<131> 13/07/2024:01:08:11  SYSLOGHOST 0-PPE-1 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11 | SYSLOGHOST | 0-PPE-1 | 441",
        ),
        (
            "07/13/2024:01:08:11 GMT ns 0-PPE-1 : SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | ns | 0-PPE-1 | 441",
        ),
        (
            "Jul 13 10:59:24 10.0.0.1  07/13/2024:01:08:11 GMT ns PPE-0 : SSLVPN TCPCONNSTAT 441 : ",
            "2024-07-13T01:08:11Z | ns | PPE-0 | 441",
        ),
        (
            "Jul 13 01:08:12 <local0.info> 192.0.2.9 07/13/2024:01:08:11 GMT ns 0-PPE-1 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | ns | 0-PPE-1 | 441",
        ),
        (
            "<134>1 2024-07-13T01:08:11Z netscaler01 SSLVPN 0-PPE-3 - - default TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | netscaler01 | 0-PPE-3 | 441",
        ),
        (
            "<134>1 2024-07-13T02:08:11+01:00 netscaler01 SSLVPN 0-PPE-3 - - default TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | netscaler01 | 0-PPE-3 | 441",
        ),
        // A collector ate time, host and module: the time is that of the body.
        ("<135> default TCPCONNSTAT 441 0 :  ", "2024-07-13T01:08:11Z |  |  | 441"),
        (
            " <131> 07/13/2024:01:08:11 GMT ns2 0-PPE-0 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | ns2 | 0-PPE-0 | 441",
        ),
        (
            "{\"message\":\"<134> 07/13/2024:01:08:11 GMT ns2 0-PPE-0 : default SSLVPN TCPCONNSTAT 441 0 :  ",
            "2024-07-13T01:08:11Z | ns2 | 0-PPE-0 | 441",
        ),
    ];
    for (header, expected) in forms {
        assert_eq!(check(&format!("{header}{BODY}\n")), format!("{expected} | {told}"), "{header}");
    }
}

const HEAD: &str = "<134> 07/13/2024:01:08:11 GMT ns 0-PPE-0 : default SSLVPN";
const SINCE: &str = "2024-07-13T01:08:11Z | ns | 0-PPE-0";

#[test]
fn login_and_logout_give_their_typed_fields() {
    let login = format!(
        "{HEAD} LOGIN 1 0 : Context ann@198.51.100.4 - SessionId: 9876543 - User ann - Client_ip 198.51.100.4 - Nat_ip \"Mapped Ip\" - \
         Vserver 192.0.2.1:443 - Browser_type \"Mozilla/5.0 (X - Y) Edg/1\" - SSLVPN_client_type ICA - Group(s) \"ICA_Only\""
    );
    assert_eq!(
        check(&login),
        format!("{SINCE} | 1 | login | 9876543 | ann | 198.51.100.4 | - | - | -/- | - | Mozilla/5.0 (X - Y) Edg/1")
    );
    let logout = format!(
        "{HEAD} LOGOUT 2 0 : Context jo-ann@school.example@192.0.2.20 - SessionId: 74094 - User jo-ann@school.example - Client_ip \
         198.51.100.8 - Nat_ip \"Mapped Ip\" - Vserver 192.0.2.15:443 - Start_time \"07/13/2024:10:48:33 \" - End_time \
         \"07/13/2024:11:27:48 \" - Duration 00:39:15  - Http_resources_accessed 0 - NonHttp_services_accessed 0 - \
         Total_TCP_connections 11 - Total_UDP_flows 0 - Total_bytes_send 0 - Total_bytes_recv 32022 - LogoutMethod \"TimedOut\" - Group(s) \"N/A\""
    );
    assert_eq!(
        check(&logout),
        format!("{SINCE} | 2 | logout | 74094 | jo-ann@school.example | 198.51.100.8 | - | - | 0/32022 | TimedOut | -")
    );
    let fields = event::read(logout.as_bytes()).unwrap().fields;
    let at = |key| fields.time(key, DateForm::MonthFirst).map(|t| civil(t).to_string());
    assert_eq!(
        (at(Key::Start), at(Key::End)),
        (Some("2024-07-13T10:48:33".into()), Some("2024-07-13T11:27:48".into()))
    );
    assert_eq!(fields.duration(), Some(39 * 60 + 15));
}

#[test]
fn what_old_firmware_new_firmware_and_relays_do_to_a_body_is_read() {
    // No blank before the dash; X-Forwarded-For; an IPv6 peer; quotes escaped or doubled by a relay; an empty Client_ip.
    let cases = [
        (
            "TCPCONNSTAT 1 0 : Context a_5@198.51.100.4 - SessionId: 651173- User a_5 - Client_ip 198.51.100.4 - Source 198.51.100.4:1 - Destination 10.0.0.5:2",
            "1 | connection | 651173 | a_5 | 198.51.100.4 | 198.51.100.4 1 | 10.0.0.5 2 | -/- | - | -",
        ),
        (
            "TCPCONNSTAT 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Client_ip 198.51.100.4 - X-Forwarded-For_ip 203.0.113.1, 203.0.113.2 - Source 198.51.100.4:1 - Destination 10.0.0.5:2",
            "1 | connection | 1 | a | 198.51.100.4 | 198.51.100.4 1 | 10.0.0.5 2 | -/- | - | -",
        ),
        (
            "TCPCONNSTAT 1 0 : Context a@2001:db8::4 - SessionId: 1 - User a - Client_ip 2001:db8::4 - Source 2001:db8::5:443 - Destination ::ffff:10.0.0.5:2",
            "1 | connection | 1 | a | 2001:db8::4 | 2001:db8::5 443 | 10.0.0.5 2 | -/- | - | -",
        ),
        (
            r#"LOGOUT 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Client_ip 198.51.100.4 - Nat_ip \"Mapped Ip\" - LogoutMethod \"Explicit\" - Group(s) \"x\""#,
            "1 | logout | 1 | a | 198.51.100.4 | - | - | -/- | Explicit | -",
        ),
        (
            r#"LOGOUT 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Client_ip 198.51.100.4 - LogoutMethod ""Explicit"" - Group(s) ""N/A"""#,
            "1 | logout | 1 | a | 198.51.100.4 | - | - | -/- | Explicit | -",
        ),
        (
            "LOGIN 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Client_ip  - Nat_ip \"Mapped Ip\"",
            "1 | login | 1 | a | 198.51.100.4 | - | - | -/- | - | -",
        ),
        (
            "UDPFLOWSTAT 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Client_ip 198.51.100.4 - Source 127.101.0.0:5 - Destination 192.168.7.10:53",
            "1 | connection | 1 | a | 198.51.100.4 | 127.101.0.0 5 | 192.168.7.10 53 | -/- | - | -",
        ),
        (
            "ICASTART 1 0 : [TCP] [CGP][ICAUUID=0-1] Source 192.0.2.16:6 - Destination 192.0.2.44:2598 - customername  - username:domainname a:b - connectionId 33",
            "1 | icastart | - | a:b | - | 192.0.2.16 6 | 192.0.2.44 2598 | -/- | - | -",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(check(&format!("{HEAD} {body}")), format!("{SINCE} | {expected}"), "{body}");
    }
}

#[test]
fn lines_of_other_modules_are_parsed_and_counted_and_lend_nothing() {
    let text = "<134> 07/13/2024:19:16:12 GMT ns1 0-PPE-0 : default TCP CONN_TERMINATE 44 0 :  Source 127.0.0.1:80 - Destination 127.0.0.2:57620\n\
        <134> 07/13/2024:19:16:13 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 45 0 :  User bob@site.example - Client_ip 203.0.113.9\n\
        <134>Jul 13 18:18:42 svm_service: 192.0.2.1  13/07/2024:19:16:14 GMT ns1 0-PPE-0 : GUI CMD_EXECUTED : User nsroot - Remote_ip 10.0.0.9\n";
    assert_eq!(
        check(text),
        "2024-07-13T19:16:12Z | ns1 | 0-PPE-0 | 44 | transport | - | - | - | 127.0.0.1 80 | 127.0.0.2 57620 | -/- | - | -\n\
         2024-07-13T19:16:13Z | ns1 | 0-PPE-0 | 45 | loginfailed | - | bob@site.example | 203.0.113.9 | - | - | -/- | - | -\n\
         2024-07-13T19:16:14Z | ns1 | 0-PPE-0 | - | command | - | nsroot | - | - | - | -/- | - | -"
    );
}

#[test]
fn a_line_that_is_not_parsed_is_listed_with_its_reason_and_without_its_content() {
    let text = format!(
        "{HEAD} LOGIN 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Client_ip 198.51.100.4\n\
         \n\
         <<<<<<< HEAD\n\
         Jul  7 00:00:00 ns newsyslog[123]: logfile turned over\n\
         <134> CEF:0|Citrix|NetScaler|NS13.0|APPFW|X|6|src=198.51.100.4\n\
         {HEAD} TCPCONNSTAT 2 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Source 10.x.x.x:1\n\
         {HEAD} TCPCONNSTAT 3 0 : Source 198.51.100.4:1 - Destination 10.0.0.5:2\n\
         {HEAD} LOGOUT 4 0 : Client_ip 198.51.100.4\n\
         <134> 31/31/2024:01:08:11 GMT ns 0-PPE-0 : default TCP CONN_TERMINATE 5 0 : Source 1:2\n\
         {HEAD} LOGIN 6 0 : Context a@198.51.100.4 - User a - Client_ip 198.51.100.4 - Client_ip 203.0.113.9\n\
         {HEAD} TCPCONNSTAT {}\n",
        "x".repeat(70_000)
    );
    assert_eq!(
        check(&text).lines().skip(1).collect::<Vec<_>>().join("\n"),
        "line 2: blank line\n\
         line 3: no header of this appliance\n\
         line 4: a line of another program\n\
         line 5: a CEF record without the appliance's header\n\
         line 6: a connection without a readable Source\n\
         line 7: a connection without user and session\n\
         line 8: a session message without a user\n\
         line 9: a date that no calendar has\n\
         line 10: a field of the session stands twice: forged or mangled\n\
         line 11: a line over 64 KiB"
    );
}

#[test]
fn day_and_month_are_told_by_the_file_and_header_and_body_apart() {
    let line = |header: &str, body: &str| {
        format!(
            "<134> {header}:03:13:15 GMT ns 0-PPE-0 : default SSLVPN LOGOUT 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a - Start_time \"{body}:01:00:00 GMT\"\n"
        )
    };
    let text = line("05/08/2024", "26/03/2024") + &line("05/14/2024", "01/04/2024");
    let clock = read_text(&text).unwrap().clock;
    assert_eq!((clock.form, clock.body, clock.basis), (DateForm::MonthFirst, DateForm::DayFirst, FormBasis::Proved));
}

#[test]
fn a_text_that_is_neither_log_nor_configuration_is_left_alone() {
    for text in ["", "\n\n", "Dear all,\nplease find 07/13/2024 attached.\n", "a,b,c\n1,2,3\n", "%PDF-1.7\n"] {
        assert_eq!(check(text), "no log", "{text:?}");
    }
    // One line of an appliance among a thousand of others is a quotation.
    let quoted = format!("{HEAD} LOGIN 1 0 : User a\n{}", "Something else.\n".repeat(1000));
    assert_eq!(check(&quoted), "no log");
}

#[test]
fn windows_consoles_save_utf_16_and_byte_order_marks() {
    let text =
        format!("{HEAD} LOGIN 1 0 : Context a@198.51.100.4 - SessionId: 1 - User a\u{e4} - Client_ip 198.51.100.4\r\n");
    let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let marked: Vec<u8> = [0xef, 0xbb, 0xbf].into_iter().chain(text.bytes()).collect();
    for bytes in [little, big, marked] {
        let digest = read_bytes(&bytes).expect("a log");
        assert_eq!((digest.lines, digest.unparsed.len(), digest.fragments.len()), (1, 0, 1));
        assert_eq!(
            digest.fragments.iter().next().unwrap().user.as_ref().map(|user| user.reveal().as_str()),
            Some("a\u{e4}")
        );
    }
}
