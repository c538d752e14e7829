//! What DNS says, when it is asked, and when the asking ends.

use super::*;

#[tokio::test]
async fn the_record_is_found_in_either_form_and_at_either_name() {
    let stage = Stage::set().await;
    for (nth, form) in
        ["published", "workos", "quoted", "below", "among", "split"].iter().enumerate()
    {
        let domain = format!("d{nth}.test");
        let claim = stage.claim(&domain).await;
        let (record, token) = (record(&claim), text(&claim, "verification_token"));
        match *form {
            "published" => stage.dns.has(&domain, &[&record]),
            "workos" => stage.dns.has(&domain, &[&format!("verification_token={token}")]),
            "quoted" => stage.dns.has(&domain, &[&format!(" \"{record}\" ")]),
            // The name itself may be an alias, and then has no records of its own.
            "below" => stage.dns.has(&format!("_kernia.{domain}"), &[&record]),
            "among" => {
                let mut texts: Vec<_> = (0..40).map(|nth| format!("other-{nth}=value")).collect();
                texts.insert(17, record);
                stage.dns.has(&domain, &texts.iter().map(String::as_str).collect::<Vec<_>>());
            }
            _ => {
                let (a, b) = record.split_at(20);
                let strings = vec![a.to_owned(), b.to_owned()];
                let long = vec!["x".repeat(255), "y".repeat(255), "z".repeat(90)];
                stage.dns.says(&domain, Says::Texts(vec![long, strings]));
            }
        }
        stage.checks().await;
        assert_eq!(stage.state(&claim).await, "verified", "{form}");
        let seen = stage.sees(&claim).await;
        assert_eq!(seen["verification_strategy"], "dns");
    }
    let (_, tcp) = stage.dns.asked();
    assert_eq!(tcp, 2, "the two answers that are too long for UDP");
}

#[tokio::test]
async fn an_alias_is_followed() {
    let stage = Stage::set().await;
    let claim = stage.claim("www.acme.test").await;
    stage.dns.says("www.acme.test", Says::Alias("acme.hosting.test".to_owned()));
    stage.dns.says("acme.hosting.test", Says::Alias("a7.hosting.test".to_owned()));
    stage.dns.has("a7.hosting.test", &["other", &record(&claim)]);
    stage.checks().await;
    assert_eq!(stage.state(&claim).await, "verified");
}

#[tokio::test]
async fn each_kind_of_no_is_told_apart() {
    let stage = Stage::set().await;
    let (dns, silent) = (&stage.dns, Says::Nothing);
    let wrong = "kernia-domain-verification-wrong=0";
    dns.says("failing.test", Says::Code(2));
    dns.says("refusing.test", Says::Code(5));
    dns.says("silent.test", silent.clone());
    dns.says("_kernia.silent.test", silent);
    dns.says("bare.test", Says::Texts(Vec::new()));
    dns.has("other.test", &["v=spf1 -all", "google=1", "ms=2", wrong]);
    dns.says("loop.test", Says::Alias("dead.end.test".to_owned()));
    for (domain, code, says) in [
        ("nothing.test", "name_missing", "no name `nothing.test`"),
        ("failing.test", "server_failed", "Server Failure"),
        ("refusing.test", "server_failed", "Query Refused"),
        ("silent.test", "no_answer", "in time"),
        ("bare.test", "record_missing", "has no TXT record"),
        ("other.test", "record_missing", wrong),
        ("loop.test", "name_missing", "no name"),
    ] {
        let claim = stage.claim(domain).await;
        stage.checks().await;
        let seen = stage.verification(&claim).await;
        assert_eq!(seen["organization_domain"]["state"], "pending", "{domain}");
        assert_eq!(seen["finding"]["code"], code, "{seen}");
        assert!(text(&seen["finding"], "message").contains(says), "{seen}");
        assert_eq!((&seen["checks"], &seen["checked_at"]), (&json!(1), &claim["created_at"]));
    }
    let claim = stage.claim("other.test").await;
    stage.checks().await;
    let finding = text(&stage.verification(&claim).await["finding"], "message").to_owned();
    assert!(finding.contains(&record(&claim)), "it says what is wanted: {finding}");
}

#[tokio::test]
async fn where_no_name_server_is_nothing_breaks() {
    // Nobody listens at a port that was just let go.
    let gone = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut stage = Stage::set().await;
    stage.kernia.changes(|config| config.dns.servers = vec![gone]).await;
    let claim = stage.claim("acme.com").await;
    stage.checks().await;
    let seen = stage.verification(&claim).await;
    let code = text(&seen["finding"], "code");
    assert!(matches!(code, "resolver_unreachable" | "no_answer"), "{seen}");
    // A second one that answers is enough.
    let there = stage.dns.address;
    stage.kernia.changes(|config| config.dns.servers = vec![gone, there]).await;
    stage.dns.has("acme.com", &[&record(&claim)]);
    stage.checks_after(HOUR).await;
    assert_eq!(stage.state(&claim).await, "verified");
}

#[tokio::test]
async fn checks_become_rarer_and_end_after_thirty_days() {
    let mut stage = Stage::set().await;
    let claim = stage.claim("acme.com").await;
    stage.checks().await;
    assert_eq!(stage.dns.asked().0, 2, "the domain, and the name below it");
    stage.checks().await;
    stage.checks_after(Duration::from_secs(59)).await;
    assert_eq!(stage.dns.asked().0, 2, "not due");
    // A spread of up to a sixteenth lies on top of each span.
    stage.checks_after(Duration::from_secs(5)).await;
    assert_eq!(stage.dns.asked().0, 4);
    stage.checks_after(MINUTE).await;
    assert_eq!(stage.dns.asked().0, 4, "twice as long");
    stage.checks_after(MINUTE + Duration::from_secs(8)).await;
    assert_eq!(stage.dns.asked().0, 6);
    assert_eq!(stage.verification(&claim).await["checks"], 3);
    assert_eq!(stage.sees(&claim).await["updated_at"], claim["updated_at"], "nothing changed");
    stage.kernia.restart().await;
    for _ in 0..40 {
        stage.checks_after(HOUR).await;
    }
    let (asked, _) = stage.dns.asked();
    for _ in 0..24 {
        stage.checks_after(HOUR).await;
    }
    let a_day = (stage.dns.asked().0 - asked) / 2;
    assert!((3..=4).contains(&a_day), "asked {a_day} times in a day");
    stage.checks_after(25 * DAY).await;
    assert_eq!(stage.state(&claim).await, "pending");
    stage.checks_after(5 * DAY).await;
    let failed = stage.verification(&claim).await;
    assert_eq!(failed["organization_domain"]["state"], "failed");
    assert_eq!(failed["failure_reason"], "domain_verification_period_expired");
    assert_eq!((&failed["next_check_at"], &failed["expires_at"]), (&Value::Null, &Value::Null));
    let (asked, _) = stage.dns.asked();
    stage.checks_after(DAY).await;
    assert_eq!(stage.dns.asked().0, asked, "nobody looks any more");

    // Starting again is a new period, with the same record.
    let restarted = stage.restarts(&claim).await.is(201);
    assert_eq!(restarted["state"], "pending");
    assert_eq!(record(&restarted), record(&claim));
    stage.dns.has("acme.com", &[&record(&claim)]);
    stage.checks().await;
    assert_eq!(stage.state(&claim).await, "verified");
}

#[tokio::test]
async fn a_record_on_the_last_day_is_in_time() {
    let stage = Stage::set().await;
    let (late, later) = (stage.claim("late.test").await, stage.claim("later.test").await);
    stage.checks().await;
    stage.kernia.advance(29 * DAY);
    assert_eq!(stage.restarts(&later).await.is(201)["state"], "pending");
    stage.dns.has("late.test", &[&record(&late)]);
    stage.checks_after(DAY).await;
    assert_eq!(stage.state(&late).await, "verified");
    assert_eq!(stage.state(&later).await, "pending", "its period began anew");
}

#[tokio::test]
async fn what_changes_while_dns_is_asked_has_no_effect() {
    let stage = Stage::set().await;
    let (gone, moved) = (stage.claim("gone.test").await, stage.claim("moved.test").await);
    let rival = stage.claim("moved.test").await;
    for name in ["gone.test", "moved.test"] {
        stage.dns.says(name, Says::Nothing);
    }
    let app = Arc::clone(stage.kernia.app());
    let job = JOBS.iter().find(|job| job.name == "verify_domains").unwrap();
    let checking = tokio::spawn((job.run)(app));
    // All six questions are on their way; meanwhile somebody deletes one and vouches for another.
    stage.dns.is_asked(6).await;
    assert_eq!(stage.app.deletes(&path(&gone)).await.status, 204);
    stage.app.posts(&format!("{}/verify", admin(&rival)), json!({})).await.is(200);
    stage.dns.has("gone.test", &[&record(&gone)]);
    stage.dns.has("moved.test", &[&record(&moved)]);
    checking.await.unwrap().unwrap();
    assert_eq!(stage.app.gets(&path(&gone)).await.code(404), "entity_not_found");
    assert_eq!(stage.state(&moved).await, "failed");
    assert_eq!(stage.state(&rival).await, "verified");
    assert_eq!(stage.kernia.database().count("organization_domains"), 2);
}

#[tokio::test]
async fn a_silent_server_holds_up_no_other_domain() {
    let stage = Stage::set().await;
    for nth in 0..30 {
        let domain = format!("silent{nth}.test");
        stage.claim(&domain).await;
        stage.dns.says(&domain, Says::Nothing);
        stage.dns.says(&format!("_kernia.{domain}"), Says::Nothing);
    }
    let claim = stage.claim("acme.com").await;
    stage.dns.has("acme.com", &[&record(&claim)]);
    let app = Arc::clone(stage.kernia.app());
    let job = JOBS.iter().find(|job| job.name == "verify_domains").unwrap();
    let checking = tokio::spawn((job.run)(app));
    while stage.state(&claim).await != "verified" {
        assert!(!checking.is_finished(), "verified before the silent ones were given up");
    }
    checking.await.unwrap().unwrap();
}
