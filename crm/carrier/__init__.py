"""A worked adapter for a BSS that does not speak TM Forum: signed JSON to one address, the carrier's own words.

    wire      who may speak: HMAC-SHA256 over time, nonce and body, both ways; nothing is heard twice
    fields    how one value is written: yuan as "23.50", local moments as "20261118103000", numbers without +86
    nouns     the carrier's names for each field of each noun
    services  the carrier's name for each call of the port, and what it asks for
    codes     what its answer codes mean
    adapter   the port (crm.port.Crm) on top of these
    standin   a server of that form before any other CRM of ours, to try the adapter with

docs/your-crm.md walks through it.
"""
