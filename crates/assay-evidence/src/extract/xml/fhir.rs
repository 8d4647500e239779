//! FHIR resources in XML as they are in JSON: values out of their `value` attributes, lists where JSON has lists, resources
//! with their type (HL7 FHIR R4, 2.6.1 XML representation). Narratives are left out: they repeat what is coded.

use super::super::json::Json;

/// Elements that may repeat and that persons and attachments are read from.
const LISTS: &[&str] = &[
    "entry",
    "identifier",
    "name",
    "telecom",
    "address",
    "contact",
    "given",
    "line",
    "prefix",
    "suffix",
    "contained",
    "content",
    "communication",
    "link",
    "note",
    "photo",
    "payload",
    "relationship",
    "qualification",
];

/// A value of XML as JSON has it.
pub(super) fn of_xml(value: Json<'static>) -> Json<'static> {
    let Json::Object(fields) = value else {
        return match value {
            Json::List(list) => Json::List(list.into_iter().map(of_xml).collect()),
            value => value,
        };
    };
    // A plain value; extensions of it go.
    if let Some((_, value)) = fields.iter().find(|(name, _)| name == "value")
        && let Json::Text(text) = value
        && fields.iter().all(|(name, _)| matches!(&**name, "value" | "id" | "extension"))
    {
        return Json::Text(text.clone());
    }
    let mut out = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        if name == "text" && matches!(&value, Json::Object(parts) if parts.iter().any(|(name, _)| name == "div")) {
            continue;
        }
        if name == "resource" || name == "contained" {
            out.push((name, resources(value)));
            continue;
        }
        let list = LISTS.contains(&&*name);
        let value = of_xml(value);
        // In identifiers and references some of these are plain.
        let wrap = list
            && !matches!(value, Json::List(_))
            && (matches!(value, Json::Object(_)) || matches!(&*name, "given" | "line"));
        out.push((name, if wrap { Json::List(vec![value]) } else { value }));
    }
    Json::Object(out)
}

/// `<resource><Patient>..</Patient></resource>`, one or several.
fn resources(value: Json<'static>) -> Json<'static> {
    match value {
        Json::List(list) => Json::List(list.into_iter().map(resources).collect()),
        Json::Object(mut fields) if fields.len() == 1 => match fields.pop() {
            Some((kind, inner)) => named(&kind, of_xml(inner)),
            None => Json::Null,
        },
        value => of_xml(value),
    }
}

/// A resource under the name of its type.
pub(super) fn named(kind: &str, value: Json<'static>) -> Json<'static> {
    match value {
        Json::Object(mut fields) => {
            fields.insert(0, ("resourceType".into(), Json::Text(kind.to_owned().into())));
            Json::Object(fields)
        }
        value => value,
    }
}
