//! Files and events of the gateway's evidence as rows of two tables.
//!
//! An optional value is a text, empty where absent; the lists of a source are lines with tabs between their parts.

use super::{Datum, Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_analysis::gateway::GatewaySource;
use assay_model::{
    ApplianceBuild, EventKind, ExhibitId, GatewayEvent, GatewayParse, ItemPath, Locator, Place, Sensitive,
    UnparsedLine, VserverKind,
};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

const KINDS: [EventKind; 4] = [EventKind::Login, EventKind::Logout, EventKind::TcpConnStat, EventKind::Other];
const UTC: &str = "utc";
const GATEWAY: &str = "gateway";
const AUTHENTICATION: &str = "authentication";

/// The rows of sources: the batch of the source table and that of the event table.
pub fn gateway_rows(sources: &[GatewaySource]) -> Result<(RecordBatch, RecordBatch), WireError> {
    let files: Vec<_> = sources.iter().map(source_row).collect();
    let events: Vec<_> =
        sources.iter().flat_map(|source| source.parse.events.iter().map(move |e| event_row(source, e))).collect();
    Ok((batch(TableId::GatewaySource, &files)?, batch(TableId::GatewayEvent, &events)?))
}

fn source_row(source: &GatewaySource) -> Vec<Datum> {
    let parse = &source.parse;
    let unparsed = parse.unparsed.iter().map(|line| format!("{}\t{}", line.line, plain(&line.reason)));
    let builds = parse.builds.iter().map(|build| {
        let as_of = build.as_of.map(|day| day.to_string()).unwrap_or_default();
        format!("{}\t{}\t{as_of}\t{}", plain(&build.release), plain(&build.build), line_of(&build.locator))
    });
    let vservers = parse.vservers.iter().map(|kind| match kind {
        VserverKind::Gateway => GATEWAY.to_owned(),
        VserverKind::Authentication => AUTHENTICATION.to_owned(),
    });
    vec![
        Datum::Text(source.exhibit.to_string()),
        Datum::Text(source.path.as_str().to_owned()),
        Datum::Number(parse.lines),
        Datum::Text(unparsed.collect::<Vec<_>>().join("\n")),
        Datum::Text(builds.collect::<Vec<_>>().join("\n")),
        Datum::Text(vservers.collect::<Vec<_>>().join("\n")),
    ]
}

fn event_row(source: &GatewaySource, event: &GatewayEvent) -> Vec<Datum> {
    fn shown<T: ToString>(value: Option<T>) -> Datum {
        Datum::Text(value.map(|value| value.to_string()).unwrap_or_default())
    }
    let peer = |peer: Option<(IpAddr, u16)>| shown(peer.map(SocketAddr::from));
    vec![
        Datum::Text(source.exhibit.to_string()),
        Datum::Text(source.path.as_str().to_owned()),
        Datum::Number(line_of(&event.locator)),
        Datum::Text(event.time.to_string()),
        Datum::Text(if event.utc { UTC } else { "" }.to_owned()),
        Datum::Text(event.host.clone()),
        Datum::Text(event.packet_engine.clone()),
        shown(event.message_id),
        Datum::Text(event.kind.as_str().to_owned()),
        shown(event.session_id),
        shown(event.user.as_ref().map(Sensitive::reveal)),
        shown(event.client_ip),
        peer(event.source),
        peer(event.destination),
        shown(event.start),
        shown(event.end),
        shown(event.bytes_send),
        shown(event.bytes_recv),
        shown(event.logout_method.as_ref()),
        shown(event.user_agent.as_ref()),
    ]
}

fn plain(text: &str) -> String {
    text.replace(['\t', '\n'], " ")
}

fn line_of(locator: &Locator) -> u64 {
    match locator.place {
        Place::Line { first, .. } => first.into(),
        _ => 0,
    }
}

fn locator(exhibit: &ExhibitId, path: &ItemPath, line: u64) -> Option<Locator> {
    let line = u32::try_from(line).ok()?;
    let place = Place::Line { part: String::new(), first: line, last: line };
    Some(Locator { exhibit: exhibit.clone(), path: path.clone(), place })
}

/// The sources of two checked batches, in the order of the source table. An event whose source is missing, or a source
/// given twice, is refused.
pub fn gateway_sources_of(files: &Rows<'_>, events: &Rows<'_>) -> Result<Vec<GatewaySource>, WireError> {
    let mut sources = Vec::with_capacity(files.len());
    let mut position = BTreeMap::new();
    for n in 0..files.len() {
        let source = source(files, n)?;
        if position.insert((source.exhibit.clone(), source.path.clone()), n).is_some() {
            return Err(files.refuse(n, "path"));
        }
        sources.push(source);
    }
    for n in 0..events.len() {
        let exhibit = ExhibitId::new(events.text(n, "exhibit")?);
        let path = ItemPath::from_encoded(events.text(n, "path")?);
        let event = event(events, n, &exhibit, &path)?;
        let source = position.get(&(exhibit, path)).and_then(|&at| sources.get_mut(at));
        let source: &mut GatewaySource = source.ok_or_else(|| events.refuse(n, "path"))?;
        source.parse.events.push(event);
    }
    Ok(sources)
}

fn source(rows: &Rows<'_>, n: usize) -> Result<GatewaySource, WireError> {
    let exhibit = ExhibitId::new(rows.text(n, "exhibit")?);
    let path = ItemPath::from_encoded(rows.text(n, "path")?);
    let unparsed = rows.text(n, "unparsed")?.lines().map(|line| {
        let (line, reason) = line.split_once('\t')?;
        Some(UnparsedLine { line: line.parse().ok()?, reason: reason.to_owned() })
    });
    let builds = rows.text(n, "builds")?.lines().map(|line| {
        let mut parts = line.split('\t');
        let (release, build, as_of, line) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let as_of = if as_of.is_empty() { None } else { Some(as_of.parse().ok()?) };
        let locator = locator(&exhibit, &path, line.parse().ok()?)?;
        Some(ApplianceBuild { release: release.to_owned(), build: build.to_owned(), as_of, locator })
    });
    let vservers = rows.text(n, "vservers")?.lines().map(|word| match word {
        GATEWAY => Some(VserverKind::Gateway),
        AUTHENTICATION => Some(VserverKind::Authentication),
        _ => None,
    });
    let parse = GatewayParse {
        events: Vec::new(),
        lines: rows.number(n, "lines")?,
        unparsed: unparsed.collect::<Option<_>>().ok_or_else(|| rows.refuse(n, "unparsed"))?,
        builds: builds.collect::<Option<_>>().ok_or_else(|| rows.refuse(n, "builds"))?,
        vservers: vservers.collect::<Option<_>>().ok_or_else(|| rows.refuse(n, "vservers"))?,
    };
    Ok(GatewaySource { exhibit, path, parse })
}

fn event(rows: &Rows<'_>, n: usize, exhibit: &ExhibitId, path: &ItemPath) -> Result<GatewayEvent, WireError> {
    fn parsed<T: FromStr>(rows: &Rows<'_>, n: usize, column: &'static str) -> Result<Option<T>, WireError> {
        match rows.text(n, column)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| rows.refuse(n, column)),
        }
    }
    let word = |column| rows.text(n, column).map(str::to_owned);
    let kind = rows.text(n, "kind")?;
    let peer = |column| {
        Ok::<_, WireError>(parsed::<SocketAddr>(rows, n, column)?.map(|address| (address.ip(), address.port())))
    };
    Ok(GatewayEvent {
        locator: locator(exhibit, path, rows.number(n, "line")?).ok_or_else(|| rows.refuse(n, "line"))?,
        time: parsed(rows, n, "time")?.ok_or_else(|| rows.refuse(n, "time"))?,
        utc: rows.text(n, "zone")? == UTC,
        host: word("host")?,
        packet_engine: word("packet_engine")?,
        message_id: parsed(rows, n, "message_id")?,
        kind: KINDS.into_iter().find(|known| known.as_str() == kind).ok_or_else(|| rows.refuse(n, "kind"))?,
        session_id: parsed(rows, n, "session_id")?,
        user: parsed(rows, n, "user")?.map(Sensitive::new),
        client_ip: parsed(rows, n, "client_ip")?,
        source: peer("source")?,
        destination: peer("destination")?,
        start: parsed(rows, n, "start")?,
        end: parsed(rows, n, "end")?,
        bytes_send: parsed(rows, n, "bytes_send")?,
        bytes_recv: parsed(rows, n, "bytes_recv")?,
        logout_method: parsed(rows, n, "logout_method")?,
        user_agent: parsed(rows, n, "user_agent")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "\
Oct 21 09:10:11 <local0.info> 10.0.0.5 10/21/2023:09:10:11 GMT ns01 0-PPE-1 : default SSLVPN LOGIN 4321 0 : Context a.tester@203.0.113.4 - SessionId: 77 - User a.tester - Client_ip 203.0.113.4 - Nat_ip \"Mapped Ip\" - Vserver 192.0.2.1:443 - Browser_type \"Mozilla/5.0\" - SSLVPN_client_type ICA - Group(s) \"N/A\"
not a line of the appliance
#NS13.1 Build 48.47
";

    #[test]
    fn a_source_comes_back_as_it_went() {
        let exhibit = ExhibitId::new("GW/1");
        let path = ItemPath::of_file("var/log/ns.log");
        let parse = assay_analysis::gateway::read(&exhibit, &path, LINES.as_bytes()).unwrap();
        assert!(!parse.events.is_empty() && !parse.unparsed.is_empty());
        let source = GatewaySource { exhibit, path, parse };
        let (files, events) = gateway_rows(std::slice::from_ref(&source)).unwrap();
        let files = Rows::from_batch(TableId::GatewaySource, &files).unwrap();
        let event_rows = Rows::from_batch(TableId::GatewayEvent, &events).unwrap();
        let back = gateway_sources_of(&files, &event_rows).unwrap();
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].parse.events, source.parse.events);
        assert_eq!(back[0].parse.unparsed, source.parse.unparsed);
        assert_eq!(back[0].parse.builds, source.parse.builds);
        let none = gateway_rows(&[]).unwrap().0;
        let none = Rows::from_batch(TableId::GatewaySource, &none).unwrap();
        assert!(gateway_sources_of(&none, &event_rows).is_err());
    }
}
