//! Logout messages: a provider's are believed only when it signed them, for us and in time.

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    EVIL, IDP, NOW, P256, RSA, TRUST, UNTIL,
    encrypting::OURS,
    idp::{Hash, Key, Signer, form_value},
    now, replaced, signer, terms,
};
use crate::{
    kit::time::Timestamp,
    saml::{
        binding,
        claims::NameId,
        logout::{Arrived, LogoutRequest, LogoutResponse, verify_request, verify_response},
        rejected::Rejected,
        trust::Trust,
    },
};

const SLO: &str = "https://kernia.test/sso/saml/slo/k1";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

/// A canonical `LogoutRequest` about Ada.
fn request() -> String {
    format!(
        r#"<samlp:LogoutRequest xmlns:samlp="{SAMLP}" Destination="{SLO}" ID="_logout" IssueInstant="{NOW}" NotOnOrAfter="{UNTIL}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{IDP}</saml:Issuer><saml:NameID xmlns:saml="{SAML}" Format="urn:x">ada@acme.test</saml:NameID><samlp:SessionIndex>_session</samlp:SessionIndex><samlp:SessionIndex>_other</samlp:SessionIndex></samlp:LogoutRequest>"#
    )
}

fn response(status: &str) -> String {
    format!(
        r#"<samlp:LogoutResponse xmlns:samlp="{SAMLP}" Destination="{SLO}" ID="_answer" InResponseTo="_ours" IssueInstant="{NOW}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{IDP}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"></samlp:StatusCode></samlp:Status></samlp:LogoutResponse>"#
    )
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The raw query that carries `xml`, signed by `key`.
fn query(parameter: &str, xml: &str, relay_state: Option<&str>, key: &Key) -> String {
    let mut query = format!("{parameter}={}", escaped(&binding::deflated(xml)));
    if let Some(state) = relay_state {
        query = format!("{query}&RelayState={}", escaped(state));
    }
    let query = format!("{query}&SigAlg={}", escaped(&key.method(Hash::Sha256)));
    let signature = STANDARD.encode(key.sign(Hash::Sha256, query.as_bytes()));
    format!("{query}&Signature={}", escaped(&signature))
}

fn by(trust: &Trust, arrived: Arrived<'_>) -> Result<LogoutRequest, Rejected> {
    verify_request(trust, &[SLO.to_owned()], &arrived, now()).map(|it| it.get().clone())
}

fn redirected(raw_query: &str) -> Result<LogoutRequest, Rejected> {
    by(&TRUST, Arrived::Redirect { raw_query })
}

fn posted(xml: &str) -> Result<LogoutRequest, Rejected> {
    by(&TRUST, Arrived::Post { form_value: &form_value(xml), relay_state: None })
}

#[test]
fn a_signed_request_is_believed_by_either_binding() {
    let expected = LogoutRequest {
        id: "_logout".to_owned(),
        issued_at: now(),
        destination: SLO.to_owned(),
        issuer: IDP.to_owned(),
        name_id: NameId { value: "ada@acme.test".to_owned(), format: Some("urn:x".to_owned()) },
        session_indexes: vec!["_session".to_owned(), "_other".to_owned()],
        not_on_or_after: Timestamp::parse(UNTIL),
    };
    for key in [&*RSA, &*P256] {
        for state in [None, Some("a b+c/d")] {
            let query = query("SAMLRequest", &request(), state, key);
            assert_eq!(redirected(&query).unwrap(), expected);
        }
        let signed = Signer::new(key).signed("_logout", &request());
        assert_eq!(posted(&signed).unwrap(), expected);
    }
    // Others' parameters are none of ours, and order does not matter: the signed order is fixed.
    let query = query("SAMLRequest", &request(), None, &RSA);
    assert!(redirected(&format!("tenant=1&{query}&x=%00")).is_ok());
    let turned: Vec<&str> = query.split('&').rev().collect();
    assert!(redirected(&turned.join("&")).is_ok());
    let bare = request().replace(&format!(" NotOnOrAfter=\"{UNTIL}\""), "");
    let bare = bare.split_once("<samlp:SessionIndex>").unwrap().0.to_owned();
    let bare =
        posted(&signer().signed("_logout", &format!("{bare}</samlp:LogoutRequest>"))).unwrap();
    assert_eq!((bare.session_indexes.len(), bare.not_on_or_after), (0, None));
}

#[test]
fn what_is_not_signed_by_the_provider_is_refused() {
    let good = query("SAMLRequest", &request(), Some("state"), &RSA);
    let code = |query: &str| redirected(query).unwrap_err().code;
    let (unsigned, _) = good.split_once("&SigAlg=").unwrap();
    assert_eq!(code(unsigned), "unsigned");
    let (no_signature, signature) = good.split_once("&Signature=").unwrap();
    assert_eq!(code(no_signature), "unsigned");
    assert_eq!(code(&query("SAMLRequest", &request(), None, &EVIL)), "signature_invalid");
    assert_eq!(code(&good.replace("RelayState=state", "RelayState=other")), "signature_invalid");
    assert_eq!(code(&good.replace("&RelayState=state", "")), "signature_invalid");
    assert_eq!(code(&good.replace("&RelayState=state", "&RelayState=")), "signature_invalid");
    // The same bytes in another spelling are other bytes.
    assert_eq!(code(&good.replace("=state", "=%73tate")), "signature_invalid");
    assert_eq!(code(&format!("{no_signature}&Signature=!!")), "signature_invalid");
    assert_eq!(code(&format!("{no_signature}&Signature=")), "signature_invalid");
    let (_, method) = no_signature.split_once("&SigAlg=").unwrap();
    let weak = escaped("http://www.w3.org/2000/09/xmldsig#rsa-sha1");
    assert_eq!(code(&good.replace(method, &weak)), "algorithm_not_allowed");
    let hmac = escaped("http://www.w3.org/2000/09/xmldsig#hmac-sha256");
    assert_eq!(code(&good.replace(method, &hmac)), "algorithm_not_allowed");
    let other = escaped(&P256.method(Hash::Sha256));
    assert_eq!(code(&good.replace(method, &other)), "signature_invalid");
    for (twice, value) in
        [("SAMLRequest", "x"), ("RelayState", "x"), ("SigAlg", "x"), ("Signature", signature)]
    {
        assert_eq!(code(&format!("{good}&{twice}={value}")), "bad_form", "{twice}");
    }
    assert_eq!(code(&good.replace("SAMLRequest=", "%53AMLRequest=")), "bad_form");
    assert_eq!(code(&format!("{good}&SAMLEncoding=urn:none")), "bad_form");
    assert_eq!(code(""), "bad_form");
    assert_eq!(code(&"x".repeat(70_000)), "too_large");

    let code = |xml: &str| posted(xml).unwrap_err().code;
    assert_eq!(code(&request()), "unsigned");
    assert_eq!(code(&Signer::new(&EVIL).signed("_logout", &request())), "signature_invalid");
    let signed = signer().signed("_logout", &request());
    assert_eq!(code(&replaced(&signed, ">ada@", ">eve@")), "signature_invalid");
    assert_eq!(code(&replaced(&signed, "\"_logout\"", "\"_elsewhere\"")), "signature_misplaced");
    let elsewhere = replaced(
        &request(),
        "</samlp:LogoutRequest>",
        &format!("<samlp:Extensions>{signed}</samlp:Extensions></samlp:LogoutRequest>"),
    );
    assert_eq!(code(&elsewhere.replacen("\"_logout\"", "\"_evil\"", 1)), "signature_misplaced");
    assert_eq!(code("<a/>"), "logout_unreadable");
    assert_eq!(code(&signer().signed("_answer", &response("Success"))), "logout_unreadable");
}

#[test]
fn what_is_not_for_us_now_is_refused() {
    let code = |from: &str, to: &str| {
        let changed = replaced(&request(), from, to);
        let id = if changed.contains("ID=\"_logout\"") { "_logout" } else { "_x" };
        let by_post = posted(&signer().signed(id, &changed)).unwrap_err().code;
        let by_redirect = redirected(&query("SAMLRequest", &changed, None, &RSA)).unwrap_err().code;
        assert_eq!(by_post, by_redirect, "{to}");
        by_post
    };
    assert_eq!(code(IDP, "https://other.test"), "issuer");
    assert_eq!(code(SLO, "https://other.test/slo"), "destination");
    assert_eq!(code(&format!(" Destination=\"{SLO}\""), ""), "destination");
    assert_eq!(code(UNTIL, "2026-01-02T03:01:04Z"), "expired");
    assert_eq!(
        code(&format!("IssueInstant=\"{NOW}\""), "IssueInstant=\"2026-01-02T02:04:04Z\""),
        "expired"
    );
    assert_eq!(
        code(&format!("IssueInstant=\"{NOW}\""), "IssueInstant=\"2026-01-02T03:07:06Z\""),
        "not_yet_valid"
    );
    assert_eq!(code(&format!("IssueInstant=\"{NOW}\""), "IssueInstant=\"today\""), "bad_time");
    assert_eq!(code("Version=\"2.0\"", "Version=\"1.1\""), "version");
    assert_eq!(code("ada@acme.test", ""), "name_id");
    assert_eq!(code("saml:NameID", "saml:BaseID").replace("bad_xml", "name_id"), "name_id");
    let two = format!("</saml:NameID><saml:NameID xmlns:saml=\"{SAML}\">eve</saml:NameID>");
    assert_eq!(code("</saml:NameID>", &two), "name_id");
    let hidden =
        format!("<saml:EncryptedID xmlns:saml=\"{SAML}\"></saml:EncryptedID><saml:NameID ");
    assert_eq!(code("<saml:NameID ", &hidden), "encrypted_attribute");
}

#[test]
fn an_answer_to_our_request() {
    let verify = |xml: &str, asked: &str| {
        let raw_query = &query("SAMLResponse", xml, None, &RSA);
        let arrived = Arrived::Redirect { raw_query };
        verify_response(&TRUST, &[SLO.to_owned()], &arrived, asked, now())
    };
    assert!(verify(&response("Success"), "_ours").unwrap().get().success);
    assert!(!verify(&response("Requester"), "_ours").unwrap().get().success);
    assert_eq!(verify(&response("Success"), "_another").unwrap_err().code, "in_response_to");
    assert_eq!(verify(&request(), "_ours").unwrap_err().code, "logout_unreadable");
    let no = Arrived::Post { form_value: &form_value(&response("Success")), relay_state: None };
    let no = verify_response(&TRUST, &[SLO.to_owned()], &no, "_ours", now()).unwrap_err();
    assert_eq!(no.code, "unsigned");
}

#[test]
fn what_we_send_is_what_we_would_believe() {
    let trust = Trust::new(terms(&[OURS.pair.certificate().clone()])).unwrap();
    let sent = LogoutRequest {
        id: "_ours".to_owned(),
        issued_at: now(),
        destination: SLO.to_owned(),
        issuer: IDP.to_owned(),
        name_id: NameId { value: "a & <b>\u{e9}\r".to_owned(), format: None },
        session_indexes: vec!["\"1\"".to_owned()],
        not_on_or_after: Timestamp::parse(UNTIL),
    };
    let url = sent.redirect_url("state & 1", &OURS.pair).unwrap();
    let (_, raw_query) = url.split_once('?').unwrap();
    // A control character is no name; without it the message comes through as it was.
    assert_eq!(by(&trust, Arrived::Redirect { raw_query }).unwrap_err().code, "name_id");
    let sent = LogoutRequest {
        name_id: NameId { value: "a & <b>\u{e9}".to_owned(), format: Some("urn:\"x\"".to_owned()) },
        ..sent
    };
    let url = sent.redirect_url("state & 1", &OURS.pair).unwrap();
    let (_, raw_query) = url.split_once('?').unwrap();
    assert_eq!(by(&trust, Arrived::Redirect { raw_query }).unwrap(), sent);
    let form_value = &sent.post_form(&OURS.pair).unwrap();
    assert_eq!(by(&trust, Arrived::Post { form_value, relay_state: None }).unwrap(), sent);

    for success in [true, false] {
        let sent = LogoutResponse {
            id: "_answer".to_owned(),
            issued_at: now(),
            destination: SLO.to_owned(),
            issuer: IDP.to_owned(),
            in_response_to: "_theirs".to_owned(),
            success,
        };
        let urls = [SLO.to_owned()];
        let url = sent.redirect_url("", &OURS.pair).unwrap();
        let (_, raw_query) = url.split_once('?').unwrap();
        let arrived = Arrived::Redirect { raw_query };
        let came = verify_response(&trust, &urls, &arrived, "_theirs", now()).unwrap();
        assert_eq!(*came.get(), sent);
        let form_value = &sent.post_form(&OURS.pair).unwrap();
        let arrived = Arrived::Post { form_value, relay_state: None };
        let came = verify_response(&trust, &urls, &arrived, "_theirs", now()).unwrap();
        assert_eq!(*came.get(), sent);
    }
}
