//! The people of the demo's company, and their passwords.

use crate::{
    kit::{chance::Chance, cpu::CpuPool, error::Error, secret::Secret, text::Email},
    vault::password,
};

/// Somebody whom the demo's identity provider knows.
#[derive(Debug, Clone)]
pub struct Employee {
    /// The stable id, which the company never gives to somebody else.
    pub id: String,
    /// The address to sign in with.
    pub email: Email,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The groups of the company.
    pub groups: Vec<String>,
    /// The password, as an Argon2id hash in PHC form.
    pub password: String,
}

impl Employee {
    /// Ada and Grace, in this order, with these passwords. Takes tens of milliseconds for each.
    pub fn cast(passwords: [&Secret; 2], chance: &Chance) -> Result<Vec<Self>, Error> {
        let [ada, grace] = passwords.map(|secret| password::hash(secret, chance));
        let engineering = || "Engineering".to_owned();
        Ok(vec![
            Self {
                id: "employee-1815".to_owned(),
                email: Email::parse("ada@example.com")?,
                first_name: "Ada".to_owned(),
                last_name: "Lovelace".to_owned(),
                groups: vec![engineering(), "Admins".to_owned()],
                password: ada,
            },
            Self {
                id: "employee-1906".to_owned(),
                email: Email::parse("grace@example.com")?,
                first_name: "Grace".to_owned(),
                last_name: "Hopper".to_owned(),
                groups: vec![engineering()],
                password: grace,
            },
        ])
    }
}

/// The employee of this address, without regard to case.
#[must_use]
pub fn find<'a>(employees: &'a [Employee], email: &str) -> Option<&'a Employee> {
    let email = Email::parse(email.trim()).ok()?;
    employees.iter().find(|employee| employee.email == email)
}

/// The employee of this address and password. An unknown address takes as long as a wrong password.
pub async fn recognize<'a>(
    employees: &'a [Employee],
    cpu: &CpuPool,
    email: &str,
    password: Secret,
) -> Result<Option<&'a Employee>, Error> {
    let employee = find(employees, email);
    let stored = employee.map(|employee| employee.password.clone());
    let fits = cpu.run(move || match stored {
        Some(stored) => password::verify(&stored, &password),
        None => password::verify_nobody(&password),
    });
    Ok(if fits.await? { employee } else { None })
}
