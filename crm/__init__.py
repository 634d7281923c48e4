"""The carrier's customers, products, bills, orders, tickets and payments, seen through one port (`crm.port.Crm`)."""
