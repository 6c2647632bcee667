mod ww;

use std::process::ExitCode;

use stem_capnp::membrane;

// The interfaces of the host, as build.rs made them.
#[allow(dead_code)]
mod ipfs_capnp {
    include!(concat!(env!("OUT_DIR"), "/ipfs_capnp.rs"));
}
#[allow(dead_code)]
mod stem_capnp {
    include!(concat!(env!("OUT_DIR"), "/stem_capnp.rs"));
}
#[allow(dead_code)]
mod system_capnp {
    include!(concat!(env!("OUT_DIR"), "/system_capnp.rs"));
}

/// A cell can reach nothing by itself. It asks the membrane around it for capabilities: here for the
/// host, which knows the node this cell runs on.
async fn hello(membrane: membrane::Client) -> capnp::Result<()> {
    // Three calls, one round trip: each is made on what the one before will return.
    let host = membrane.graft_request().send().pipeline.get_host();
    let results = host.id_request().send().promise.await?;
    let peer_id = results.get()?.get_peer_id()?;
    println!("Hello from {}", bs58::encode(peer_id).into_string());
    Ok(())
}

fn main() -> ExitCode {
    match ww::run(hello) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
