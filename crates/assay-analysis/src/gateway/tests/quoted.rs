//! Every message that field notes and public collectors' test files quote, in wording of our own: what each field is read as.
//!
//! One snapshot holds them all; it is read when it changes. People and addresses are made up.

use super::*;

/// Header forms and messages as firmware, relays and collectors write them.
const LINES: &[&str] = &[
    // Sessions.
    r#"<134> 07/09/2024:01:08:11 GMT ns2 0-PPE-0 : default SSLVPN LOGIN 101 0 :  Context ann@198.51.100.2 - SessionId: 9876543 - User ann - Client_ip 198.51.100.2 - Nat_ip "Mapped Ip" - Vserver 192.0.2.1:443 - Browser_type "Mozilla/5.0 (X11 - Linux) Edg/1" - SSLVPN_client_type ICA - Group(s) "ICA_Only_QG""#,
    r#"<134> 07/07/2024:11:27:48  ns1 0-PPE-0 : default SSLVPN LOGOUT 102 0 :  Context jim@school.example@192.0.2.20 - SessionId: 74094 - User jim@school.example - Client_ip 198.51.100.8 - Nat_ip "Mapped Ip" - Vserver 192.0.2.15:443 - Start_time "07/07/2024:10:48:33 " - End_time "07/07/2024:11:27:48 " - Duration 00:39:15  - Http_resources_accessed 0 - NonHttp_services_accessed 0 - Total_TCP_connections 11 - Total_UDP_flows 0 - Total_policies_allowed 11 - Total_policies_denied 0 - Total_bytes_send 0 - Total_bytes_recv 32022 - Total_compressedbytes_send 0 - Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - LogoutMethod "TimedOut" - Group(s) "N/A""#,
    r#"<134> 07/09/2024:01:08:11 GMT ns2 0-PPE-0 : default SSLVPN TCPCONNSTAT 441998644 0 :  Context j@k.example@198.51.100.4 - SessionId: 13370 - User j@k.example - Client_ip 198.51.100.4 - Nat_ip 203.0.113.8 - Vserver 203.0.113.8:443 - Source 198.51.100.4:333 - Destination 192.0.2.18:443 - Start_time "07/09/2024:01:08:11 GMT" - End_time "07/09/2024:01:08:11 GMT" - Duration 00:00:00  - Total_bytes_send 0 - Total_bytes_recv 3625 - Total_compressedbytes_send 0 - Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - Access Allowed - Group(s) "N/A""#,
    r#"Mar  7 10:59:24 192.0.2.1  03/07/2013:01:59:45 GMT ns PPE-0 : SSLVPN TCPCONN_TIMEDOUT 927685225 :  Context a387_5253f6@198.51.100.6 - SessionId: 650290- User a387_5253f6 - Client_ip 198.51.100.6 - Nat_ip 203.0.113.102 - Vserver 192.0.2.16:443 - Last_contact "03/07/2013:02:01:53 GMT" - Group(s) "SG_A""#,
    r#"07/18/2015:12:16:12 GMT ns 0-PPE-1 : SSLVPN UDPFLOWSTAT 992720 0 :  Context us8_23117@198.51.100.6 - SessionId: 651331- User us8_23117 - Client_ip 198.51.100.6 - Nat_ip 203.0.113.102 - Vserver 192.0.2.16:443 - Source 127.101.0.0:55955 - Destination 192.168.7.10:53 - Start_time "07/18/2015:12:14:11 GMT" - End_time "07/18/2015:12:16:12 GMT" - Duration 00:02:01  - Total_bytes_send 40 - Total_bytes_recv 88 - Access Allowed - Group(s) "SG_A""#,
    r#"<134> 07/09/2025:19:05:23 GMT  0-PPE-6 : default SSLVPN UDPFLOWSTAT 103 0 :  [TECHSUPPORT] User ann - Client_ip 198.51.100.4 - Nat_ip 203.0.113.8 - Vserver 192.0.2.1:443 - Source 198.51.100.4:333 - Destination 192.0.2.18:53 - Total_bytes_send 1 - Total_bytes_recv 2 - Access Allowed - Group(s) "N/A""#,
    r#"<134> 07/09/2025:19:05:23 GMT ns 0-PPE-6 : default SSLVPN TCPCONNSTAT 104 0 :  Context ann@198.51.100.4 - SessionId: 1234 - [TECHSUPPORT] User ann - Client_ip 198.51.100.4 - X-Forwarded-For_ip 203.0.113.1, ::ffff:203.0.113.2 - Nat_ip \"Mapped Ip\" - Vserver 192.0.2.1:443 - Source 198.51.100.4:333 - Destination 2001:db8::9:443 - Duration 00:00:05  - Total_bytes_send 1 - Total_bytes_recv 2"#,
    r#"<134> 07/09/2025:19:05:23 GMT ns 0-PPE-6 : default SSLVPN REMOVE_SESSION_DEBUG 105 0 :  Sessionid 2345696 - User ann - Client_ip 198.51.100.4 - X-Forwarded-For_ip unknown - Nat_ip "Mapped Ip" - Vserver_ip 192.0.2.1 - Errmsg "Session removed""#,
    r#"2023/07/04:09:03:46  ADC 0-PPE-2 : default SSLVPN NONHTTP_RESOURCEACCESS_DENIED 4556618 0 :  Context vpn35@198.51.100.235 - SessionId: 1286 - User vpn35 - Client_ip 198.51.100.235 - Nat_ip 203.0.113.1 - Vserver 192.168.152.11:443 - Source 198.51.100.235:50130 - Destination 10.0.0.8:514 - Total_bytes_send 340 - Total_bytes_recv 0 - Denied_by_policy "AUTHZ_DENY"  - Group(s) "vpnA,vpnA""#,
    r#"<135> default LOGOUT 1234567 0 :  User kerry - Client_ip 198.51.100.9 - Nat_ip "Mapped Ip" - Vserver 192.0.2.1:443 - Start_time "07/09/2025:10:00:00 GMT" - End_time "07/09/2025:11:00:00 GMT" - Duration 01:00:00  - LogoutMethod "InternalError" - Group(s) "N/A""#,
    r#"<134> 07/09/2025:19:05:23 GMT ns 0-PPE-6 : default AAATM LOGOUT 106 0 :  User ann - Client_ip  - Nat_ip "Mapped Ip" - Vserver 0.0.0.0:0 - Start_time "07/09/2025:18:05:23 GMT" - End_time "07/09/2025:19:05:23 GMT" - Duration 01:00:00  - Total_TCP_connections 0 - LogoutMethod "Explicit" - Group(s) "N/A""#,
    // ICA.
    r#"<134> 07/13/2024:15:23:04 GMT ns 0-PPE-1 : default SSLVPN ICASTART 107 0 :  [TCP] [CGP][ICAUUID=00000000-1234-1611-4343-5555566774a4] Source 192.0.2.16:61267 - Destination 198.51.100.44:2598 - customername  - username:domainname a12345111:domain - applicationName Test Lab $S67-129 - startTime "07/13/2024:15:23:04 GMT" - connectionId 3333999"#,
    r#"02/03/2016:06:30:52 GMT ns 0-PPE-1 : default SSLVPN ICASTART 8607 0 :  Source 198.51.100.100:26838 - Destination 10.67.251.30:2598 - username:domainname b_b:ad.school.example - applicationName Lync2013-XNet-B6 - startTime "02/03/2016:06:30:52 GMT" - connectionId 35a1@D33A"#,
    r#"<134> 07/12/2024:17:43:21 GMT ns 0-PPE-1 : default SSLVPN ICAEND_CONNSTAT 108 0 :  [TECHSUPPORT][LAUNCH][TCP][CGP][ICAUUID=0-9] Source 198.51.100.5:56855 - Destination 192.0.2.44:2598 - customername  - username:domainname kev:corp - startTime "07/12/2024:14:12:14 GMT" - endTime "07/12/2024:17:43:21 GMT" - Duration 03:31:07  - Total_bytes_send 64264203 - Total_bytes_recv 3132197 - Total_compressedbytes_send 0 - Total_compressedbytes_recv 0 - Compression_ratio_send 0.00% - Compression_ratio_recv 0.00% - connectionId 3333999 - SSLRelayAddress 192.0.2.9:443 - Total_bytes_wire_send 7 - Total_bytes_wire_recv 8"#,
    r#"<134> 07/12/2024:17:43:21 GMT ns 0-PPE-1 : default SSLVPN ICASTART 109 0 :  [SOCKS] Source 198.51.100.5:56855 - Destination 192.0.2.44:443 - username:domainname anonymous: - applicationName &lt;DATA_STORE&gt; - connectionId 1"#,
    // Requests.
    r#"<134> 07/07/2024:10:57:19  ns1 0-PPE-0 : default SSLVPN HTTPREQUEST 110 0 :  Context jim@school.example@192.0.2.20 - SessionId: 74999 - citrix.school.example User jim@school.example : Group(s) N/A : Vserver 192.0.2.15:443 - 07/07/2024:10:57:19  : SSO is ON : GET /Citrix/Roaming/Accounts - -"#,
    r#"<12> 01/10/2001:01:01:01 GMT netscaler ABC-D : SSLVPN HTTPREQUEST 1234567 : Context usera@192.0.2.1 - SessionId: 12345- files.example User usera : Group(s) groupname : Vserver 2001:db8:e5f6:a7b8:c9d0:e1f2:a3b4:123 - 01/01/2001:01:01:01 GMT GET file/path.gif - -"#,
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default SSLVPN HTTPREQUEST 111 0 :  Context jim@192.0.2.20 - SessionId: 74999 - [TECHSUPPORT][ENUMERATION] gw.example User jim : Group(s) N/A : Vserver 192.0.2.15:443 - 07/07/2024:10:57:19 GMT : Message = SSO is ON : POST /Citrix/x : y/List - -"#,
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default AAATM HTTPREQUEST 112 0 :  Context u@198.51.100.4 - SessionId: 5 - gw.example User u : Group(s) N/A : Vserver 192.0.2.15:8085 - 07/07/2024:10:57:19 GMT : SSO is OFF : CONNECT gw.example:443 - -"#,
    // Authentication.
    r#"<131> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default AAA LOGIN_FAILED 113 0 :  User bob2332@site.example - Client_ip 198.51.100.8 - Failure_reason "Username/Password mismatch" - Browser python-httpx/0.27.0"#,
    r#"<131> 20/09/2024:09:38:45  SYSLOGHOST 0-PPE-1 : default AAA LOGIN_FAILED 114 0 :  User bob - Client_ip 198.51.100.8 - Failure_reason "External authentication server denied access""#,
    r#"07/18/2015:12:16:12 GMT ns 0-PPE-1 : AAA EXTRACTED_GROUPS 979253 0 :  Extracted_groups "0F19CA,D043""#,
    r#"<135> 09/30/2025:11:55:37   0-PPE-0 : default AAA Message 207030 0 :  "Authentication is rejected for johndoe (client ip : 198.51.100.4  , vserver ip: 192.0.2.8   ), extended error, if any : ""#,
    r#"<135> 09/30/2025:11:55:37 GMT ns 0-PPE-0 : default SSLVPN Message 207031 0 :  "SSLVPN Mux Authorize result is Deny, User <vpn17590>, Srcip: 198.51.100.4, Dstip: 10.0.0.8, denied_by_policy: SESSPOL_VPN_Remoteadmin""#,
    r#"<135> 09/30/2025:11:55:37 GMT ns 0-PPE-0 : default SSLVPN Message 207032 0 :  "SSO ns_sslvpn_process_sso_conn: user usera clientip 198.51.100.7 request: /x sso_flags-0""#,
    r#"<135> 09/30/2025:11:55:37 GMT ns 0-PPE-0 : default SSLVPN Message 207033 0 :  "aaatm_handler successfully parsed assertion client ip is 198.51.100.7, username is usera""#,
    r#"<135> 09/30/2025:11:55:37 GMT ns 0-PPE-0 : default SSLVPN Message 207034 0 :  "[Remote ip = 198.51.100.2:5019] {ns_handle_free_resources:12} done""#,
    r#"<135> 09/30/2025:11:55:37 GMT ns 0-PPE-0 : default SSLVPN CLISEC_CHECK 207035 0 :  CaseID: 7 - Client IP 198.51.100.7 - Vserver 192.0.2.1:443 - Client_security_expression "CLIENT.OS(x) EXISTS" - Client_security_check "passed""#,
    // Other modules.
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default SSLLOG SSL_HANDSHAKE_SUCCESS 115 0 :  SPCBId 27719517 - ClientIP 198.51.100.8 - ClientPort 38797 - VserverServiceIP 192.168.0.1 - VserverServicePort 443 - ClientVersion TLSv1.2 - CipherSuite "TLS1.2-ECDHE-RSA-AES256-GCM-SHA384" - Session New  - HandshakeTime 120 ms"#,
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default SSLLOG SSL_HANDSHAKE_FAILURE 116 0 :  SPCBId 27719518 - ClientIP 198.51.100.8 - ClientPort 38798 - VserverServiceIP 192.168.0.1 - VserverServicePort 443 - ClientVersion TLSv1.0 - CipherSuite "Unknown" - Session New - Reason "Fatal alert received""#,
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default CLI CMD_EXECUTED 117 0 :  User nsroot - ADM_User NONE - Remote_ip 192.0.2.144 - Command "set x "a - Status b"" - Status "Success""#,
    r#"<134>Jun 18 18:18:42 svm_service: 192.0.2.1  18/06/2020:16:18:42 GMT mynetscaler2 0-PPE-0 : GUI CMD_EXECUTED : User nsroot - Remote_ip 10.55.1.100 - Command "login login tenant_name=Owner" - Status "Done""#,
    r#"<135> default CMD_EXECUTED 500593 0 :  User john.d - Remote_ip 10.0.0.1 - Command "show x" - Status "Success""#,
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default EVENT MONITORUP 118 0 :  Monitor mon_a-b - State UP"#,
    r#"<134> 07/07/2024:19:16:12  ns1 0-PPE-0 : default TCP CONN_TERMINATE 44991371 0 :  Source 127.0.0.1:80 - Destination 127.0.0.2:57620 - Start Time 07/07/2024:19:15:31  - End Time 07/07/2024:19:16:12  - Total_bytes_send 1 - Total_bytes_recv 1"#,
    r#"<131> 20/09/2024:09:38:45  SYSLOGHOST 0-PPE-1 : default TCP CONN_DELINK 6715345 0 :  Source 198.51.100.1:1 - Vserver 192.0.2.2:443 - NatIP 192.0.2.3:2 - Destination 10.0.0.4:80 - Delink Time 20/09/2024:09:38:45  - Total_bytes_send 136 - Total_bytes_recv 3234"#,
    r#"<131> 20/09/2024:09:38:45  SYSLOGHOST 0-PPE-1 : default TCP OTHERCONN_DELINK 6715346 0 :  Source 198.51.100.1:1 - Vserver 192.0.2.2:443 - NatIP 192.0.2.3:2 - Destination 10.0.0.4:80 - Delink Time 20/09/2024:09:38:45  Total_bytes_send 136 - Total_bytes_recv 3234"#,
    r#"<134>1 2025-07-09T17:11:30Z HOST TCP PID - - default CONN 10000000 0 :  Source 192.168.0.0:1000 - Vserver 192.168.0.0:1000 - NatIP 192.168.0.0:1000 - Destination 192.168.0.0:1000 - Delink Time 01/01/2025:12:00:00  - Total_bytes_send 0 - Total_bytes_recv 0"#,
    r#"<134>1 2026-06-22T14:34:06Z netscaler01 APPFW 0-PPE-3 - - default APPFW_STARTURL 10000001 0 :  198.51.100.137 392811-PPE0 - test_profile Disallow Illegal URL: http://192.0.2.1/0bef <not blocked>"#,
    r#"<12> 01/11/2021:08:57:43 GMT Citrix 0-PPE-0 : default APPFW APPFW_STARTURL 5687021 0 :  198.51.100.137 392811-PPE0 - test_profile Disallow Illegal URL: http://192.0.2.1/0bef <not blocked>"#,
    r#"<134> 07/07/2024:10:57:19 GMT ns1 0-PPE-0 : default SNMP TRAP_SENT 0 0 :  appfwPolicyHit (appfwLogMsg = "CEF:0|..", nsPartitionName = default)"#,
    r#" <131> 27/06/2026:22:38:17  ns1 0-PPE-0 : default SSLVPN HTTPREQUEST 119 0 :  Context u@198.51.100.4 - SessionId: 5 - User u - Client_ip 198.51.100.4 - Source 198.51.100.4:9 - Destination 10.0.0.1:443 - Total_bytes_send 1 - Total_bytes_recv 2"#,
];

/// What a line is read as, where the numbers that headers get in passing are left out.
fn said(event: Result<GatewayEvent<'_>, &'static str>) -> String {
    match event {
        Ok(mut event) => {
            (event.header.origin, event.header.message) = (0, 0);
            let fields = body::ALL.map(|key| (key, event.fields.has(key), scan::text(event.fields.raw(key))));
            format!("{:?} {:?} {fields:?} {:?}", event.header, event.kind, event.fields.source())
        }
        Err(reason) => reason.to_owned(),
    }
}

/// Holds a line read alone against the same line read after others.
fn check_after(line: &[u8], heads: &mut event::Heads, order: &mut body::Order) {
    let after = said(event::read_after(line, heads, order));
    assert_eq!(said(event::read(line)), after, "{}", String::from_utf8_lossy(line));
}

#[test]
fn a_line_is_read_the_same_whatever_was_read_before() {
    let (mut heads, mut order) = (event::Heads::default(), body::Order::default());
    for _ in 0..3 {
        LINES.iter().for_each(|line| check_after(line.as_bytes(), &mut heads, &mut order));
    }
    // Every line cut and doubled at every place, after all others.
    for line in LINES {
        let line = line.as_bytes();
        for at in 0..line.len() {
            check_after(&line[..at], &mut heads, &mut order);
            check_after(&[&line[..at], &line[at.saturating_sub(9)..]].concat(), &mut heads, &mut order);
            check_after(&[&line[..at], b" ", &line[at..]].concat(), &mut heads, &mut order);
        }
    }
}

#[test]
fn every_quoted_message_gives_its_fields() {
    let read = |line: &&str| {
        let event = event::read(line.as_bytes()).unwrap_or_else(|reason| panic!("{reason}: {line}"));
        let mut said = format!(
            "{:?} {} {} {} {} {}\n",
            event.kind,
            event::time(&event.header, &event.fields, DateForm::MonthFirst, DateForm::MonthFirst)
                .map_or_else(|| "-".to_owned(), |(time, utc)| format!("{}{}", civil(time), if utc { "Z" } else { "" })),
            scan::text(event.header.host),
            scan::text(event.header.engine),
            scan::text(event.header.event),
            event.header.message_id.map_or_else(String::new, |id| id.to_string()),
        );
        for key in body::ALL {
            if event.fields.has(key) && key != Key::Text {
                writeln!(said, "    {key:?} = {}", scan::text(event.fields.raw(key))).unwrap();
            }
        }
        said
    };
    insta::assert_snapshot!(LINES.iter().map(read).collect::<String>());
}

#[test]
fn none_of_them_is_lost_in_a_source() {
    let text = LINES.join("\n") + "\n";
    let digest = read_text(&text).unwrap();
    // The command whose time a relay ate, and whose body has none.
    let unparsed: Vec<(&str, u64)> = digest.unparsed.iter().map(|(why, one)| (why.as_str(), one.count)).collect();
    assert_eq!(unparsed, [("the header was eaten by a relay and the body has no time", 1)]);
    assert_eq!(digest.lines, LINES.len() as u64);
}

#[test]
fn a_number_in_a_debug_message_is_the_session_in_hexadecimal() {
    assert_eq!(event::ssid(b"sslvpn_add SSID 9f111, e, 27"), Some(651_537));
    assert_eq!(event::ssid(b"nothing"), None);
}
