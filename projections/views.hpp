#pragma once

#include <vector>

#include "projections/access_view.hpp"
#include "projections/account_view.hpp"
#include "projections/card_view.hpp"
#include "projections/company_view.hpp"
#include "projections/conversation_view.hpp"
#include "projections/expert_directory.hpp"
#include "projections/invitation_view.hpp"
#include "projections/mail_outbox.hpp"
#include "projections/presence_board.hpp"
#include "projections/roster_view.hpp"
#include "projections/session_view.hpp"
#include "projections/subject_index.hpp"
#include "projections/timer_view.hpp"
#include "projections/totals_view.hpp"
#include "projections/visitor_card.hpp"
#include "projections/widget_view.hpp"

// Every view there is, in one place: what the program keeps, and what it can rebuild.
namespace projections {

struct Views {
    AccessView access;
    AccountView accounts;
    CardView cards;
    CompanyView companies;
    ConversationView conversations;
    ExpertDirectory experts;
    InvitationView invitations;
    MailOutbox mails;
    PresenceBoard presence;
    RosterView roster;
    SessionView sessions;
    SubjectIndex subjects;
    TimerView timers;
    TotalsView totals;
    VisitorCardView visitors;
    WidgetView widgets;

    // Borrowed from this.
    [[nodiscard]] std::vector<Projection*> all() {
        return {&access,
                &accounts,
                &cards,
                &companies,
                &conversations,
                &experts,
                &invitations,
                &mails,
                &presence,
                &roster,
                &sessions,
                &subjects,
                &timers,
                &totals,
                &visitors,
                &widgets};
    }
};

}  // namespace projections
