"""TM Forum v4 documents ↔ the nouns of crm.model, both directions side by side.

`*_to` builds a document, `*_from` reads one and raises BadDocument when it is not what the swagger and our profile say.
Profile: MSISDNs stand where a party or logical resource is named; English names, kinds and such are characteristics.
"""
