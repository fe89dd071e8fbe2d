"""What must never be found in a desk's tables: each statement finds the rows that break its sentence.

Plain SQL that both databases read alike. Money is summed as it is stored, so that nothing is rounded.
"""

ALERTS = {
    "a delivery has not ended": """
        SELECT correlation_id FROM webhooks_delivery WHERE status IN ('received', 'processing')""",
    "a delivery is rejected without a code": """
        SELECT correlation_id FROM webhooks_delivery WHERE status = 'rejected' AND code = ''""",
    "a delivery has ended and its signal has not": """
        SELECT d.correlation_id FROM webhooks_delivery d LEFT JOIN trading_signal s ON s.id = d.correlation_id
        WHERE d.status = 'processed' AND (s.id IS NULL OR s.status <> 'processed')""",
    "a duplicate has a signal of its own": """
        SELECT d.correlation_id FROM webhooks_delivery d JOIN trading_signal s ON s.id = d.correlation_id
        WHERE d.status = 'duplicate'""",
    "a signal came from nowhere": """
        SELECT s.id FROM trading_signal s LEFT JOIN webhooks_delivery d ON s.id = d.correlation_id
        WHERE s.source = 'alert' AND d.id IS NULL""",
    "a signal has not ended": "SELECT id FROM trading_signal WHERE status = 'processing'",
    "an alert was taken twice": """
        SELECT bot_id, alert_id FROM webhooks_delivery WHERE alert_id <> '' AND duplicate_of_id IS NULL
        GROUP BY bot_id, alert_id HAVING COUNT(*) > 1""",
}

DECISIONS = {
    "a decision is not settled": "SELECT id FROM bots_botdecision WHERE settled_at IS NULL",
    "a strategy's signal came of no decision": """
        SELECT s.id FROM trading_signal s LEFT JOIN bots_botdecision d ON d.signal_id = s.id
        WHERE s.source = 'strategy' AND s.retry_of_id IS NULL AND d.id IS NULL""",
    "a candle is decided on twice": """
        SELECT bot_id, opened_at FROM bots_botdecision GROUP BY bot_id, opened_at, "interval" HAVING COUNT(*) > 1""",
    "a signal is not of its decision's target": """
        SELECT d.id FROM bots_botdecision d JOIN trading_signal s ON s.id = d.signal_id
        WHERE s.side <> CASE WHEN d.target > 0 THEN 'buy' WHEN d.target < 0 THEN 'sell' ELSE 'close' END""",
}

OUTCOMES = {
    "an outcome is pending and waits for no order": """
        SELECT u.signal_id, u.account_id FROM trading_outcome u WHERE u.status = 'pending'
        AND NOT EXISTS (SELECT 1 FROM trading_order o WHERE o.signal_id = u.signal_id
            AND o.account_id = u.account_id AND o.leg = u.leg AND o.status = 'pending')""",
    "a signal has not one outcome per account of its bot": """
        SELECT s.id FROM trading_signal s WHERE s.status = 'processed' AND s.source = 'alert'
        AND (SELECT COUNT(DISTINCT u.account_id) FROM trading_outcome u WHERE u.signal_id = s.id)
         <> (SELECT COUNT(*) FROM bots_botconnection c WHERE c.bot_id = s.bot_id)""",
    "a signal's counts are not those of its outcomes": """
        SELECT s.id FROM trading_signal s WHERE s.status = 'processed'
        AND (s.success_count <> (SELECT COUNT(*) FROM trading_outcome u
                WHERE u.signal_id = s.id AND u.status IN ('filled', 'partially_filled'))
          OR s.error_count <> (SELECT COUNT(*) FROM trading_outcome u
                WHERE u.signal_id = s.id AND u.status IN ('rejected', 'unknown')))""",
    "an outcome tells of a fill that no order has": """
        SELECT u.signal_id, u.account_id FROM trading_outcome u LEFT JOIN trading_order o
        ON o.signal_id = u.signal_id AND o.account_id = u.account_id AND o.leg = u.leg
        WHERE u.status = 'filled' AND (o.id IS NULL OR o.status <> 'filled' OR o.filled_quantity <> u.quantity)""",
    "an outcome without a fill has an order that says otherwise": """
        SELECT u.signal_id, u.account_id, o.status FROM trading_outcome u JOIN trading_order o
        ON o.signal_id = u.signal_id AND o.account_id = u.account_id AND o.leg = u.leg
        WHERE u.status IN ('skipped', 'rejected', 'unknown')
        AND NOT (u.status = o.status AND u.status IN ('rejected', 'unknown'))""",
    "a reversal opened without having closed": """
        SELECT u.signal_id, u.account_id FROM trading_outcome u LEFT JOIN trading_order o
        ON o.signal_id = u.signal_id AND o.account_id = u.account_id AND o.leg = 1
        WHERE u.leg = 2 AND (o.id IS NULL OR o.status <> 'filled')""",
}

ORDERS = {
    "an order is on its way": "SELECT client_order_id FROM trading_order WHERE status = 'submitting'",
    "two orders have one client id": """
        SELECT client_order_id FROM trading_order GROUP BY client_order_id HAVING COUNT(*) > 1""",
    "two orders are the same leg of a signal on an account": """
        SELECT signal_id, account_id, leg FROM trading_order WHERE signal_id IS NOT NULL
        GROUP BY signal_id, account_id, leg HAVING COUNT(*) > 1""",
    "no outcome tells of an order": """
        SELECT o.client_order_id FROM trading_order o LEFT JOIN trading_outcome u
        ON u.signal_id = o.signal_id AND u.account_id = o.account_id
        WHERE o.signal_id IS NOT NULL AND (u.id IS NULL OR u.leg < o.leg)""",
    "an order was executed more than once": """
        SELECT order_id FROM trading_fill GROUP BY order_id HAVING COUNT(DISTINCT venue_fill_id) > 1""",
    "an order is not its fills": """
        SELECT o.client_order_id FROM trading_order o LEFT JOIN (
            SELECT order_id, SUM(quantity) AS quantity, SUM(commission) AS commission
            FROM trading_fill GROUP BY order_id) f ON f.order_id = o.id
        WHERE o.filled_quantity <> COALESCE(f.quantity, 0) OR o.commission <> COALESCE(f.commission, 0)
        OR (o.status = 'filled' AND o.filled_quantity <> o.quantity)""",
    "a position is not its fills": """
        SELECT p.id FROM trading_position p LEFT JOIN (
            SELECT position_id, SUM(CASE side WHEN 'buy' THEN quantity ELSE -quantity END) AS bought,
            SUM(realized_pnl) AS profit, SUM(commission) AS fee FROM trading_fill GROUP BY position_id
        ) f ON f.position_id = p.id
        WHERE f.bought IS NULL OR f.profit <> p.realized_pnl OR f.fee <> p.fee
        OR p.size <> CASE p.side WHEN 'long' THEN f.bought ELSE -f.bought END""",
}

_FILLED = """
    SELECT account_id, 'fill:' || venue_fill_id AS reference, SUM(commission) AS fee, SUM(realized_pnl) AS profit
    FROM trading_fill GROUP BY account_id, venue_fill_id"""
_SIGNED = "CASE debit WHEN 'cash' THEN amount ELSE -amount END"

LEDGER = {
    "a fill's fee is not in the ledger": f"""
        SELECT f.reference FROM ({_FILLED}) f LEFT JOIN accounts_transfer t
        ON t.account_id = f.account_id AND t.reference = f.reference AND t.kind = 'commission'
        WHERE f.fee <> COALESCE(t.amount, 0)""",
    "a fill's profit is not in the ledger": f"""
        SELECT f.reference FROM ({_FILLED}) f LEFT JOIN (
            SELECT account_id, reference, {_SIGNED} AS amount FROM accounts_transfer WHERE kind = 'trade_pnl'
        ) t ON t.account_id = f.account_id AND t.reference = f.reference
        WHERE f.profit <> COALESCE(t.amount, 0)""",
    "a ledger row tells of no fill": f"""
        SELECT t.id FROM accounts_transfer t LEFT JOIN ({_FILLED}) f
        ON t.account_id = f.account_id AND t.reference = f.reference
        WHERE t.kind IN ('commission', 'trade_pnl') AND f.reference IS NULL""",
    "a balance is not the sum of its ledger": f"""
        SELECT a.id FROM accounts_tradingaccount a LEFT JOIN (
            SELECT account_id, SUM({_SIGNED}) AS balance, COUNT(*) AS many, MAX(number) AS last
            FROM accounts_transfer GROUP BY account_id) t ON t.account_id = a.id
        WHERE a.balance <> COALESCE(t.balance, 0) OR a.transfers_count <> COALESCE(t.many, 0)
        OR a.transfers_count <> COALESCE(t.last, 0)""",
    "a ledger row does not go on from the one before": f"""
        SELECT id FROM (SELECT id, balance_after,
            SUM({_SIGNED}) OVER (PARTITION BY account_id ORDER BY number) AS so_far FROM accounts_transfer) r
        WHERE balance_after <> so_far""",
}

SENTENCES = ALERTS | DECISIONS | OUTCOMES | ORDERS | LEDGER
