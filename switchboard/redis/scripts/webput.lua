-- A message for a browser. KEYS: outbox, for its partition. ARGV: tag, conversation, message id, message, address id, now in ms.
return put_web(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
