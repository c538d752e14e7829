//! Bodies of SCIM requests: changes, resources, searches and bulks. What becomes of a resource is
//! sound, stored and restored the same; what is refused has changed nothing.
#![no_main]

use std::collections::HashMap;

use kernia_fuzz::{
    directory, play,
    scim::{BulkLimits, BulkRequest, ListLimits, ListRequest, Resource, ResourceType},
};

libfuzzer_sys::fuzz_target!(
    init: play::plant(directory::bodies),
    |data: &[u8]| {
        for of in ResourceType::ALL {
            if let Ok(received) = Resource::receive(of, data) {
                directory::check(&received.resource);
            }
        }
        if let Ok(text) = std::str::from_utf8(data) {
            directory::change(text);
        }
        let limits = ListLimits { default_count: 100, max_count: 200 };
        let _ = ListRequest::from_search(data, None, limits);
        let limits = BulkLimits { operations: 100, bytes: 1 << 20 };
        let Ok(bulk) = BulkRequest::parse(data, &limits) else { return };
        let mut order = bulk.order();
        order.sort_unstable();
        assert!(order.into_iter().eq(0..bulk.operations.len()));
        for operation in &bulk.operations {
            if let Some(data) = operation.data() {
                let _ = bulk.resolve(data, &HashMap::new());
            }
        }
    }
);
